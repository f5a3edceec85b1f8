package import GRDB

/// What tells one kind of durable file from another.
package struct FileKind: Sendable {
    /// Marks a file as one of this kind, in the header where `file` and SQLite look.
    package let applicationID: Int64
    /// Makes the tables, and brings those of earlier versions to the newest.
    package let migrator: DatabaseMigrator
    /// Sentences about the damage in a file whose pages carry no checksums, which it looks for in
    /// every row; the file is locked.
    package let findingsWithoutChecksums: @Sendable (_ path: String) throws -> [String]

    package init(
        applicationID: Int64, migrator: DatabaseMigrator,
        findingsWithoutChecksums: @escaping @Sendable (_ path: String) throws -> [String]
    ) {
        self.applicationID = applicationID
        self.migrator = migrator
        self.findingsWithoutChecksums = findingsWithoutChecksums
    }

    /// Refuses a database of another kind, or of a version that is not known here.
    package func inspect(_ database: Database, ofFileAt path: String) throws {
        // GRDB's own tables come first; a crash may have left nothing else.
        let tables = try Int64.fetchOne(
            database, sql: "SELECT count(*) FROM sqlite_schema WHERE name NOT GLOB '*grdb_*'")
        let mark = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard tables == 0 || mark == applicationID else { throw OpenError.foreign(path) }
        guard try !migrator.hasBeenSuperseded(database) else { throw OpenError.newer(path) }
    }
}
