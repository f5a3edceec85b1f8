#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a log holds that nobody writes to, and whether all of it that was synced is there.
///
/// SQLite ends its recovery at the first frame that does not fit, because a crash leaves such
/// frames at the end. So it takes a log with a damaged frame in the middle for a shorter one, and
/// one with a damaged header for an empty one. This looks at what is behind:
///
/// - A frame that does not fit, with frames of the same salts behind the end of its transaction,
///   is damage: those frames were written after that transaction had been synced. That holds
///   because a log never has frames of an unfinished transaction behind which others follow: it is
///   emptied when the file is opened, and a transaction that fails takes its frames back.
/// - A header that does not fit with frames behind it is damage, unless the log's mark says that
///   those frames were folded back and the header was just being overwritten.
/// - A log that ends before the place up to which its mark says that it was synced is damaged.
package struct LogCheck {
    /// Why a log cannot be read as it is.
    package struct Damage: Equatable, CustomStringConvertible {
        /// What does not fit, for a sentence.
        let place: String
        /// Whole transactions from the damaged place on, as far as they can be counted.
        let transactions: Int

        package var description: String {
            "from \(place) on, and \(transactions) "
                + (transactions == 1 ? "transaction is" : "transactions are") + " behind it"
        }
    }

    /// Frames of the whole transactions that are sound, from the beginning.
    private(set) var frames = 0
    /// By page, the frame that has it as the last of those transactions left it.
    private(set) var pages: [UInt32: Int] = [:]
    /// Pages that the data file has once the log is folded back; nil where there is nothing in it.
    private(set) var pageCount: UInt32?
    package private(set) var damage: Damage?

    private var path: String

    /// Damaged frames with sound ones of the same log right behind them, where it corrects: the
    /// transactions behind count, and the pages of these frames are damaged ones.
    package private(set) var lostFrames: Set<Int> = []
    /// Whether one of them has the first page, which is then as it was before.
    private(set) var hasLostFirstPage = false

    /// What frames are with the one bit set right that has flipped.
    private(set) var corrections: [Int: LogFrame] = [:]
    /// How many flipped bits were set right.
    package var correctedBits: Int { corrections.count }

    /// Reads the log at a path, which may not exist, and its mark; where it corrects, a damaged
    /// frame or header of which one bit has flipped is taken as it was written.
    package init(ofLogAt path: String, correcting corrects: Bool = false) throws(OpenError) {
        self.path = path
        guard let log = try ReadOnlyFile(path) else { return }
        let mark = LogMark(try ReadOnlyFile(LogMark.path(ofLogAt: path))?.head(1024) ?? [])
        read(log, mark, correcting: false)
        guard corrects, damage != nil else { return }
        self = LogCheck(path: path)
        read(log, mark, correcting: true)
    }

    private init(path: String) {
        self.path = path
    }
}

extension LogCheck {
    /// A page as the log has it; nil where it has none of this number.
    func page(_ number: UInt32) throws(OpenError) -> [UInt8]? {
        guard let frame = pages[number] else { return nil }
        if lostFrames.contains(frame) {
            throw OpenError.damaged(path, "frame \(frame + 1) is not what was written")
        }
        if let corrected = corrections[frame] { return corrected.content }
        guard let log = try ReadOnlyFile(path), let found = log.frame(frame), found.page == number
        else { throw OpenError.replaced(path) }
        return found.content
    }

    private mutating func read(_ log: ReadOnlyFile, _ mark: LogMark, correcting: Bool) {
        var header = log.head(LogLayout.headerSize)
        let count = LogLayout.frames(inLogOf: log.size)
        guard count > 0 else { return checkCutLog(header, mark) }
        if correcting,
            let corrected = header.corrected(where: { header in
                WordOrder(header).flatMap { WordSum(ofHeader: header, $0) } != nil
            })
        {
            header = corrected
        }
        guard let order = WordOrder(header), var sum = WordSum(ofHeader: header, order) else {
            return checkHeader(log, mark)
        }
        let salts = header.withUnsafeBytes { LogLayout.salts(ofHeader: $0) }
        var pending: [UInt32: Int] = [:]
        var next = 0
        while next < count, let read = log.frame(next) {
            var frame = read
            if !frame.continues(&sum, order, salts) {
                guard correcting else { break }
                if let corrected = frame.corrected(after: &sum, order, salts) {
                    frame = corrected
                    corrections[next] = corrected
                } else if let found = log.frame(next + 1),
                    let stored = frame.sum(before: found, order, salts)
                {
                    sum = stored
                    lostFrames.insert(next)
                } else {
                    break
                }
            }
            if lostFrames.contains(next), frame.page == 1 {
                // All hangs on it, and but for the list of free pages it hardly ever changes: what
                // was before must do.
                hasLostFirstPage = true
            } else {
                pending[frame.page] = next
            }
            next += 1
            guard frame.pagesAfterCommit != 0 else { continue }
            pages.merge(pending) { $1 }
            pending = [:]
            pageCount = frame.pagesAfterCommit
            frames = next
        }
        checkRest(log, from: next, count, salts)
        checkMark(log, mark, salts)
    }

    /// What does not fit to be the header has frames behind it.
    private mutating func checkHeader(_ log: ReadOnlyFile, _ mark: LogMark) {
        let count = LogLayout.frames(inLogOf: log.size)
        // The head of the first frame may be gone with the header.
        guard
            let first = (0..<count).lazy.compactMap({ log.frame($0) }).first(where: {
                $0.salts != 0
            }),
            first.salts != mark.beginning?.folded
        else { return }
        damage = Damage(
            place: "its header",
            transactions: (0..<count).count {
                log.frame($0).map { $0.pagesAfterCommit != 0 && $0.salts == first.salts } ?? false
            })
    }

    /// A log that was cut off behind its header has less than its mark says.
    private mutating func checkCutLog(_ header: [UInt8], _ mark: LogMark) {
        guard header.count == LogLayout.headerSize, let progress = mark.progress,
            progress.frames > 0,
            header.withUnsafeBytes({ LogLayout.salts(ofHeader: $0) }) == progress.salts
        else { return }
        damage = Damage(place: "frame 1", transactions: 1)
    }

    /// Looks behind the first frame that does not fit.
    private mutating func checkRest(
        _ log: ReadOnlyFile, from first: Int, _ count: Int, _ salts: UInt64
    ) {
        var transactions = 0
        for number in first..<count {
            // A flipped bit in the salts of a frame makes it no frame of another log.
            guard let frame = log.frame(number), (frame.salts ^ salts).nonzeroBitCount <= 1
            else { continue }
            if transactions > 0, damage == nil {
                damage = Damage(place: "frame \(first + 1)", transactions: 0)
            }
            if frame.pagesAfterCommit != 0 { transactions += 1 }
        }
        if let damage { self.damage = Damage(place: damage.place, transactions: transactions) }
    }

    private mutating func checkMark(_ log: ReadOnlyFile, _ mark: LogMark, _ salts: UInt64) {
        guard damage == nil, let progress = mark.progress, progress.salts == salts,
            progress.frames > UInt64(frames)
        else { return }
        let end = Int(min(progress.frames, UInt64(LogLayout.frames(inLogOf: log.size))))
        let behind = (frames..<max(frames, end)).count {
            log.frame($0).map { $0.pagesAfterCommit != 0 } ?? false
        }
        damage = Damage(place: "frame \(frames + 1)", transactions: max(1, behind))
    }
}

/// A file that is only read: a data file, its log or its mark.
final class ReadOnlyFile {
    private let descriptor: Int32
    let size: Int

    /// Nil where there is no such file.
    init?(_ path: String) throws(OpenError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw OpenError.unusable(path, errno: errno) }
            return nil
        }
        var status = stat()
        // A pipe would say nothing, and a folder is as large as can be.
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            _ = close(descriptor)
            throw OpenError.inTheWay(path)
        }
        size = Int(status.st_size)
    }

    deinit { _ = close(descriptor) }

    /// The first bytes, as many as there are.
    func head(_ count: Int) -> [UInt8] { bytes(at: 0, count) }

    /// Bytes from an offset on, as many as there are.
    func bytes(at offset: Int, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
        }
    }

    /// A whole frame by its number; nil where there is none.
    func frame(_ number: Int) -> LogFrame? {
        let bytes = bytes(at: LogLayout.start(ofFrame: number), LogLayout.frameSize)
        return bytes.count == LogLayout.frameSize ? LogFrame(bytes) : nil
    }
}

/// A frame of a log: its head and its page.
struct LogFrame {
    private let bytes: [UInt8]

    fileprivate init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The page's number.
    var page: UInt32 { bytes.withUnsafeBytes { $0.bigEndian(at: 0) } }
    var pagesAfterCommit: UInt32 { bytes.withUnsafeBytes { LogLayout.pagesAfterCommit($0) } }
    var salts: UInt64 { bytes.withUnsafeBytes { LogLayout.salts(ofFrameHead: $0) } }

    /// The page's bytes.
    var content: [UInt8] { Array(bytes[LogLayout.frameHeadSize...]) }

    /// Whether it is of this log and its checksum goes on from the sum of what is before it, which
    /// then has it too.
    fileprivate func continues(
        _ sum: inout WordSum, _ order: WordOrder, _ salts: UInt64
    ) -> Bool {
        guard page != 0, self.salts == salts else { return false }
        var next = sum
        let fits = bytes.withUnsafeBytes { bytes in
            next.add(UnsafeRawBufferPointer(rebasing: bytes[..<8]), order)
            next.add(UnsafeRawBufferPointer(rebasing: bytes[LogLayout.frameHeadSize...]), order)
            return next.first == bytes.bigEndian(at: 16) && next.second == bytes.bigEndian(at: 20)
        }
        if fits { sum = next }
        return fits
    }

    /// The sum that the frame's head has, if the frame behind goes on from it and so tells that the
    /// head is what was written, and the page is not.
    fileprivate func sum(
        before next: LogFrame, _ order: WordOrder, _ salts: UInt64
    ) -> WordSum? {
        guard page != 0, self.salts == salts else { return nil }
        let stored = bytes.withUnsafeBytes {
            WordSum(first: $0.bigEndian(at: 16), second: $0.bigEndian(at: 20))
        }
        var sum = stored
        return next.continues(&sum, order, salts) ? stored : nil
    }

    /// The frame with the one bit set right that keeps it from fitting; nil where there is none.
    fileprivate func corrected(
        after sum: inout WordSum, _ order: WordOrder, _ salts: UInt64
    ) -> LogFrame? {
        let found = bytes.corrected { LogFrame($0).continues(&sum, order, salts) }
        return found.map { LogFrame($0) }
    }
}

extension [UInt8] {
    /// The bytes with the first bit flipped for which the condition holds.
    fileprivate func corrected(where holds: ([UInt8]) -> Bool) -> [UInt8]? {
        var bytes = self
        for byte in indices {
            for bit in 0..<8 as Range<UInt8> {
                bytes[byte] ^= 1 << bit
                if holds(bytes) { return bytes }
                bytes[byte] ^= 1 << bit
            }
        }
        return nil
    }
}

/// In which order the bytes of a number are summed up, which the log's first number says.
private enum WordOrder {
    case little, big

    /// Nil where the bytes are no header of a log with pages of our size.
    init?(_ header: [UInt8]) {
        guard header.count == LogLayout.headerSize else { return nil }
        let (magic, version, size) = header.withUnsafeBytes {
            ($0.bigEndian(at: 0), $0.bigEndian(at: 4), $0.bigEndian(at: 8))
        }
        guard version == 3_007_000, size == PageChecksum.pageSize else { return nil }
        switch magic {
        case 0x377F_0682: self = .little
        case 0x377F_0683: self = .big
        default: return nil
        }
    }
}

/// SQLite's checksum of a log, which each frame carries on.
private struct WordSum {
    private(set) var first: UInt32 = 0
    private(set) var second: UInt32 = 0

    init(first: UInt32, second: UInt32) {
        self.first = first
        self.second = second
    }

    /// The sum of a header; nil where the header says another.
    init?(ofHeader header: [UInt8], _ order: WordOrder) {
        let fits = header.withUnsafeBytes { bytes in
            add(UnsafeRawBufferPointer(rebasing: bytes[..<24]), order)
            return first == bytes.bigEndian(at: 24) && second == bytes.bigEndian(at: 28)
        }
        guard fits else { return nil }
    }

    /// Adds bytes, a multiple of eight.
    mutating func add(_ bytes: UnsafeRawBufferPointer, _ order: WordOrder) {
        for start in stride(from: 0, to: bytes.count, by: 8) {
            let pair = bytes.loadUnaligned(fromByteOffset: start, as: (UInt32, UInt32).self)
            switch order {
            case .little:
                first = first &+ UInt32(littleEndian: pair.0) &+ second
                second = second &+ UInt32(littleEndian: pair.1) &+ first
            case .big:
                first = first &+ UInt32(bigEndian: pair.0) &+ second
                second = second &+ UInt32(bigEndian: pair.1) &+ first
            }
        }
    }
}
