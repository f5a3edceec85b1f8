import Foundation

/// Where a store keeps its data in a test.
struct DataFile {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("turnpike-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    var path: String { folder.appendingPathComponent("turnpike.db").path }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }
}
