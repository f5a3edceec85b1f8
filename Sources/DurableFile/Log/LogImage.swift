/// A data file as it would be with its log folded back, for those who only look.
///
/// Nothing is written: what the log has of a page is read in the place of the page.
final class LogImage: Sendable {
    private let log: LogCheck

    init(of log: LogCheck) {
        self.log = log
    }

    /// Pages of the whole; nil where the file itself says so.
    var pageCount: UInt32? { log.pageCount }

    /// Reads a page that the log has; nil where it has none, false where it cannot be read.
    func readPage(_ number: UInt32, into memory: UnsafeMutableRawPointer) -> Bool? {
        guard log.pages.keys.contains(number) else { return nil }
        guard let page = try? log.page(number) else { return false }
        page.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(start: memory, count: bytes.count).copyMemory(from: bytes)
        }
        showAsOrdinary(memory, number)
        return true
    }

    /// Lets the first page say that there is no log, so that SQLite does not look for one.
    func showAsOrdinary(_ page: UnsafeMutableRawPointer, _ number: UInt32) {
        guard number == 1 else { return }
        // The versions that are needed to write and to read: 2 with a log, 1 without.
        page.storeBytes(of: 1, toByteOffset: 18, as: UInt8.self)
        page.storeBytes(of: 1, toByteOffset: 19, as: UInt8.self)
    }
}
