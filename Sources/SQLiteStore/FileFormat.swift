import DurableFile
import GRDB

/// What the tables of a data file are, version by version.
///
/// A migration that has been released is never changed; a new one is added below it. A file with
/// a migration that is unknown here was written by a newer Turnpike and is refused.
enum FileFormat {
    static let kind = FileKind(applicationID: applicationID, migrator: migrator) { path in
        try DataFileCheck(uncheckedFileAt: path).findings
    }

    /// "Turn".
    private static let applicationID: Int64 = 0x5475_726E

    private static let migrator: DatabaseMigrator = {
        // There are no foreign keys, so none has to be looked for after each migration.
        var migrator = DatabaseMigrator().disablingDeferredForeignKeyChecks()
        migrator.registerMigration("1 ledger and catalog") { database in
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: ledger)
            try database.execute(sql: catalog)
        }
        migrator.registerMigration("2 packed usage and checksums") { database in
            try database.execute(sql: packedUsage)
            try packUsage(database)
            try database.execute(sql: "DROP TABLE usage_record; DROP TABLE series")
            try addChecksums(database)
        }
        migrator.registerMigration("3 events") { database in
            try database.execute(sql: events)
        }
        // Pages have their checksums before a migration runs (`FileRewriting`); versions that know
        // nothing of them are told that the file is newer than they are.
        migrator.registerMigration("4 checksums by page") { _ in }
        migrator.registerMigration("5 revisions and claims") { database in
            try database.execute(sql: revisions)
            try RevisionMark.adopt(database)
            try CatalogTable.fillIndexes(database)
        }
        return migrator
    }()

    /// The revision of the catalog, the facts that were changed by each of the last revisions, who
    /// delivers to a target, and by what facts are found that are looked up: columns that a fact's
    /// body says as well.
    private static let revisions = """
        CREATE TABLE catalog_revision (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            number INTEGER NOT NULL,
            fence INTEGER NOT NULL,
            forgotten_at INTEGER NOT NULL,
            emptied_at INTEGER NOT NULL,
            logged_after INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE catalog_change (
            revision INTEGER NOT NULL,
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (revision, kind, id)
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE catalog ADD COLUMN owner TEXT;
        ALTER TABLE catalog ADD COLUMN moment INTEGER;
        ALTER TABLE catalog ADD COLUMN is_assumed INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX catalog_by_owner ON catalog (kind, owner, id) WHERE owner IS NOT NULL;
        CREATE INDEX catalog_by_moment ON catalog (kind, moment, id) WHERE moment IS NOT NULL;
        CREATE INDEX catalog_assumed ON catalog (id) WHERE is_assumed = 1;

        CREATE TABLE claim (
            target TEXT PRIMARY KEY,
            claimant TEXT NOT NULL,
            until INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// What happened, in the order in which it did, and who is to be told of it; numbers are never
    /// given again.
    private static let events = """
        CREATE TABLE event (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            body TEXT NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE delivery (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            event INTEGER NOT NULL,
            target TEXT NOT NULL,
            state INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            time INTEGER NOT NULL,
            error TEXT,
            checksum INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX delivery_waiting ON delivery (target, number, time) WHERE state = 0;
        """

    /// The tables of usage and of what happened, without the catalog.
    static let usageTables = [
        "usage_run", "usage_allocation", "used_dimension", "name", "client_token", "event",
        "delivery", "claim",
    ]

    /// Records are packed into rows of up to 72, as `PackedRecord` has them.
    ///
    /// SQLite takes as long for a row as for a page. Rows are appended, whatever their hour, so the
    /// cost of a record stays as it is while history grows; the index leads to the rows of an hour.
    private static let packedUsage = """
        CREATE TABLE name (
            id INTEGER PRIMARY KEY,
            text TEXT NOT NULL UNIQUE,
            checksum INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE usage_run (
            id INTEGER PRIMARY KEY,
            hour INTEGER NOT NULL,
            product INTEGER NOT NULL,
            region INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            records BLOB NOT NULL
        ) STRICT;
        CREATE INDEX usage_run_by_hour ON usage_run (hour, product);

        CREATE TABLE usage_allocation (
            run INTEGER NOT NULL,
            position INTEGER NOT NULL,
            body TEXT NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (run, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE used_dimension (
            product INTEGER NOT NULL,
            dimension INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            PRIMARY KEY (product, dimension)
        ) STRICT, WITHOUT ROWID;
        """

    /// Usage of format 1: a row for each record, clustered by hour.
    ///
    /// A record names its series by number, because the texts are ten times as long as the rest.
    /// `occurrence` is 0 where a series has one record an hour, else 1, 2, 3 and so on.
    /// Quantities are in millionths, times in milliseconds since 1970, hours likewise in hours.
    private static let ledger = """
        CREATE TABLE series (
            id INTEGER PRIMARY KEY,
            product_code TEXT NOT NULL,
            dimension TEXT NOT NULL,
            buyer_account_id TEXT NOT NULL,
            region TEXT NOT NULL,
            resource_id TEXT,
            space INTEGER NOT NULL,
            license_arn TEXT
        ) STRICT;
        CREATE INDEX series_by_usage
            ON series (product_code, dimension, buyer_account_id, region, resource_id);

        CREATE TABLE usage_record (
            hour INTEGER NOT NULL,
            series INTEGER NOT NULL,
            occurrence INTEGER NOT NULL,
            id BLOB NOT NULL CHECK (length(id) = 16),
            quantity INTEGER NOT NULL CHECK (quantity >= 0),
            timestamp INTEGER NOT NULL,
            recorded_at INTEGER NOT NULL,
            operation INTEGER NOT NULL,
            billed_twice INTEGER NOT NULL,
            allocations TEXT,
            PRIMARY KEY (hour, series, occurrence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE client_token (
            account_id TEXT NOT NULL,
            resource_id TEXT NOT NULL,
            region TEXT NOT NULL,
            token TEXT NOT NULL,
            request_digest BLOB NOT NULL CHECK (length(request_digest) = 16),
            record_id BLOB NOT NULL CHECK (length(record_id) = 16),
            expires_at INTEGER NOT NULL,
            PRIMARY KEY (account_id, resource_id, region, token)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX client_token_by_expiry ON client_token (expires_at);
        """

    /// Facts are kept as JSON, so that a member added later is absent in an older file, not wrong.
    private static let catalog = """
        CREATE TABLE catalog (
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (kind, id)
        ) STRICT, WITHOUT ROWID;
        """
}
