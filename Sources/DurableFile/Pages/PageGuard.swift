import Synchronization

/// What the connections to one data file share, so that no damaged page is read as sound.
///
/// Pages of the file carry a checksum. Pages in the log have none of their own while they are
/// there, because SQLite's checksum of a frame is only looked at when a log is recovered. The
/// guard remembers a checksum of each page that this process has written to the log; a log is
/// emptied when the file is opened, so that there are no others.
package final class PageGuard: Sendable {
    private struct Log {
        /// The salts of the header that was written last; nil before.
        var salts: UInt64?
        /// By frame: the checksum of its page, with a bit above it that says that there is one.
        var checksums: [UInt64] = []
        /// Frames that have been written.
        var written = 0
        /// Frames up to the end of the transaction whose last frame was begun last.
        var ending = 0
        /// Frames up to the end of the transaction that was synced last.
        var committed = 0
    }

    /// By which the connections find it: an open file's name has it as a parameter.
    let id: Int
    /// The file with the log in it, for those who only look; nil where the log is SQLite's.
    let image: LogImage?
    /// The first page as the log has it, for the look that SQLite takes at the file's own before it
    /// looks at the log; nil where the file's must do.
    let firstPage: [UInt8]?
    /// Whether pages carry checksums, which those of earlier formats do not.
    let checksPages: Bool
    /// Whether a page with one flipped bit is read as it was written.
    let correctsPages: Bool
    /// A page that is read in the place of another; nil where each is read in its own.
    let substitute: Substitute?
    private let log = Mutex(Log())
    private let isFrozen = Atomic(false)
    private let damage: DamageNotes

    private static let known = Mutex((next: 1, guards: [Int: WeakGuard]()))

    init(
        image: LogImage? = nil, firstPage: [UInt8]? = nil, checksPages: Bool = true,
        correctsPages: Bool = false, substitute: Substitute? = nil,
        damage: DamageNotes = DamageNotes()
    ) {
        self.damage = damage
        self.substitute = substitute
        self.image = image
        self.firstPage = firstPage
        self.checksPages = checksPages
        self.correctsPages = correctsPages
        id = Self.known.withLock { known in
            defer { known.next += 1 }
            return known.next
        }
        Self.known.withLock { $0.guards[id] = WeakGuard(guarding: self) }
    }

    deinit {
        _ = Self.known.withLock { $0.guards.removeValue(forKey: id) }
    }

    /// A part of a tree that is read in the place of its root.
    struct Substitute {
        let part: TreeParts.Part
        /// The number of the root's page.
        let place: UInt32
    }

    /// The number of the page that is read where a number is asked for.
    func page(at number: UInt32) -> UInt32 {
        substitute.map { $0.place == number ? $0.part.page : number } ?? number
    }

    /// Refuses each write to the data file from now on, so that its log is not folded back into it.
    func freezeFile() { isFrozen.store(true, ordering: .relaxed) }

    var isFileFrozen: Bool { isFrozen.load(ordering: .relaxed) }

    static func find(_ id: Int) -> PageGuard? { known.withLock { $0.guards[id]?.guarding } }
}

/// Keeps no guard alive: that is for whoever opened the file.
private struct WeakGuard: Sendable {
    weak let guarding: PageGuard?
}

/// What was found to be damaged since the file was opened first.
final class DamageNotes: Sendable {
    fileprivate struct Damage {
        /// Numbers of pages, in the order in which they were found.
        var pages: [UInt32] = []
        /// What could not be read because of it.
        var subjects: [String] = []
        /// Pages with one flipped bit, which was set right.
        var corrected: Set<UInt32> = []
    }

    private let damage = Mutex(Damage())

    fileprivate func withLock<Result>(_ body: (inout Damage) -> Result) -> Result {
        damage.withLock { body(&$0) }
    }
}

extension PageGuard {

    /// Notes that a page is not what was written; 0 stands for one in the log.
    func noteDamage(ofPage page: UInt32) {
        damage.withLock { damage in
            if damage.pages.count < FileLimits.rememberedDamage, !damage.pages.contains(page) {
                damage.pages.append(page)
            }
        }
    }

    /// Notes that a page was set right while it was read.
    func noteCorrection(ofPage page: UInt32) {
        _ = damage.withLock { $0.corrected.insert(page) }
    }

    /// Pages that were set right.
    var correctedPages: [UInt32] { damage.withLock { $0.corrected.sorted() } }

    /// Why something failed, in words; that something is damaged is remembered.
    package func explain(_ failure: SQLiteFailure) -> String {
        guard failure.isDamage else { return failure.description }
        let pages = damage.withLock { damage in
            if let subject = failure.subject, damage.subjects.count < FileLimits.rememberedDamage,
                !damage.subjects.contains(subject)
            {
                damage.subjects.append(subject)
            }
            return damage.pages
        }
        // SQLite says of every damage the same; what we say of a row is more.
        let isKnown = !pages.isEmpty && failure.message.contains("malformed")
        let reason = isKnown ? Self.sentence(about: pages) : failure.message
        return (failure.subject.map { "\($0) cannot be read: " } ?? "") + reason
    }

    /// Sentences about all damage that was met; none where all that was read is sound.
    var findings: [String] {
        let (pages, subjects) = damage.withLock { ($0.pages, $0.subjects) }
        return (pages.isEmpty ? [] : [Self.sentence(about: pages)])
            + subjects.map { "\($0) cannot be read" }
    }

    private static func sentence(about pages: [UInt32]) -> String {
        let places = pages.map { $0 == 0 ? "a page in the log" : "page \($0)" }
        return places.joined(separator: ", ") + " of the data file "
            + (pages.count == 1 ? "is" : "are") + " not what was written"
    }
}

// The log, as this process writes it.
extension PageGuard {
    var logSalts: UInt64? { log.withLock(\.salts) }

    /// Notes the header of a log that begins anew.
    func beginLog(salts: UInt64) {
        log.withLock { log in
            log.salts = salts
            log.written = 0
            log.ending = 0
            log.committed = 0
        }
    }

    /// Notes that the log is empty.
    func emptyLog() {
        log.withLock { log in
            log.checksums = []
            log.written = 0
            log.ending = 0
            log.committed = 0
        }
    }

    /// Notes the head of a frame.
    func noteFrame(_ frame: Int, endsTransaction: Bool) {
        log.withLock { log in
            log.written = max(log.written, frame + 1)
            if endsTransaction { log.ending = frame + 1 }
        }
    }

    /// Notes what a frame's page is now; nil where only a part of it was written.
    func notePage(inFrame frame: Int, checksum: UInt32?) {
        log.withLock { log in
            while log.checksums.count <= frame { log.checksums.append(0) }
            log.checksums[frame] = checksum.map { UInt64($0) | Self.isKnown } ?? 0
        }
    }

    /// Whether a frame's page has this checksum, as far as that is known.
    func isSound(pageInFrame frame: Int, checksum: UInt32) -> Bool {
        let known = log.withLock { $0.checksums.indices.contains(frame) ? $0.checksums[frame] : 0 }
        return known == 0 || known == UInt64(checksum) | Self.isKnown
    }

    private static let isKnown: UInt64 = 1 << 32

    /// Notes that the log was synced, and gives its salts and the number of its frames; nil before
    /// there is a log.
    func noteSync() -> LogMark.Progress? {
        log.withLock { log in
            log.committed = log.ending
            return log.salts.map { LogMark.Progress(salts: $0, frames: UInt64(log.committed)) }
        }
    }

    /// The frames that were written for transactions which then were not committed.
    var abandonedFrames: Range<Int> {
        log.withLock { $0.committed..<max($0.committed, $0.written) }
    }

    /// Notes that those frames are not in the log any more.
    func forgetAbandonedFrames() {
        log.withLock { log in
            log.written = log.committed
            log.ending = log.committed
        }
    }
}
