import Foundation
import GRDBSQLite
import Synchronization
import Testing

/// What a store asks of its disk.
enum DiskCall: Sendable, Hashable {
    case open, read, write, sync, truncate, delete
    /// The index of the log, which is a file as well, grows.
    case shareMemory
}

/// What goes wrong, once.
enum DiskFault: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case inputOutputError = "an input/output error"
    case readError = "an input/output error of a read"
    case full = "a full disk"
    case shortWrite = "a write of half the bytes"
    case shortWriteOnFullDisk = "a write of half the bytes on a full disk"
    /// The sync fails, and what it was to make durable is gone from the file.
    case lostSync = "a sync that fails and drops the writes"
    /// From this call on nothing works any more.
    case powerLoss = "a loss of power"

    var testDescription: String { rawValue }

    var isOfFullDisk: Bool { self == .full || self == .shortWriteOnFullDisk }

    /// Which calls can fail so; opening fails on a full disk only where it makes a file.
    func concerns(_ call: DiskCall, makesFile: Bool) -> Bool {
        switch self {
        case .inputOutputError, .powerLoss: call != .read
        case .readError: call == .read
        case .full: call == .write || call == .shareMemory || call == .open && makesFile
        case .shortWrite, .shortWriteOnFullDisk: call == .write
        case .lostSync: call == .sync
        }
    }
}

/// A folder whose files are on a disk that fails when it is told to, and that knows which bytes
/// it would still have if the power went.
///
/// It is for the files that SQLite opens while it exists, whoever opens them.
final class FaultyDisk: Sendable {
    /// A call, and the file that it was for.
    struct Call: Sendable, Hashable, CustomStringConvertible {
        let kind: DiskCall
        let name: String
        let makesFile: Bool

        var description: String { "\(kind) of \(name)" }
    }

    /// What a call does instead of its work.
    enum Verdict {
        case pass
        case fail(Int32)
        /// Writes half of the bytes, then fails.
        case tear(Int32)
        /// Puts the file back to what is durable, then fails.
        case revert(Int32)
        /// Fails, and only the platters know how much of the work was done.
        case interrupt(Int32)

        /// What the call answers if it fails.
        var code: Int32? {
            switch self {
            case .pass: nil
            case .fail(let code), .tear(let code), .revert(let code), .interrupt(let code): code
            }
        }
    }

    private struct State {
        var image: DiskImage
        var calls: [Call] = []
        var fault: DiskFault?
        /// How many calls that the fault concerns are still to come before the one that fails.
        var callsLeft = 0
        var failure: Call?
        var isDead = false
        var sharedRegions: Set<Int32> = []
    }

    private static let disks = Mutex<[String: FaultyDisk]>([:])

    private let folder: TemporaryFolder
    private let realPath: String
    private let state: Mutex<State>

    /// A disk that holds these files and fails at the n-th of the calls that the fault concerns.
    init(
        files: [String: [UInt8]] = [:], failing fault: DiskFault? = nil, atCall number: Int = 1
    ) throws {
        try FaultyFiles.install()
        folder = try TemporaryFolder()
        for (name, bytes) in files {
            try Data(bytes).write(to: URL(fileURLWithPath: folder.path(name)))
        }
        guard let path = realpath(folder.url.path, nil) else { throw CocoaError(.fileNoSuchFile) }
        defer { free(path) }
        realPath = String(cString: path)
        state = Mutex(State(image: DiskImage(files), fault: fault, callsLeft: number - 1))
        Self.disks.withLock { $0[realPath] = self }
    }

    /// Forgets the disk and removes its files.
    func remove() {
        _ = Self.disks.withLock { $0.removeValue(forKey: realPath) }
        folder.remove()
    }

    var dataFile: String { folder.dataFile }
    var calls: [Call] { state.withLock(\.calls) }
    var hasFailed: Bool { failure != nil }
    /// The call that failed.
    var failure: Call? { state.withLock(\.failure) }
    /// The call that failed, in words.
    var failed: String { failure?.description ?? "which never came" }
    var isDead: Bool { state.withLock(\.isDead) }

    /// Fails at the n-th call from here that a fault concerns, or is well from here on.
    func fail(_ fault: DiskFault?, atCall number: Int = 1) {
        state.withLock { state in
            state.fault = fault
            state.callsLeft = number - 1
            state.failure = nil
        }
    }

    func filesAfterPowerLoss(seed: UInt64) -> [String: [UInt8]] {
        state.withLock(\.image).afterPowerLoss(seed: seed)
    }

    /// The files with all that was written to them, as a process that was killed leaves them.
    func filesAsTheyAre() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: realPath)
        where !name.hasSuffix("-shm") {
            files[name] = Array(
                try Data(contentsOf: URL(fileURLWithPath: "\(realPath)/\(name)")))
        }
        return files
    }

    /// The disk that holds a file, and the file's name there.
    static func holding(_ path: String) -> (disk: FaultyDisk, name: String)? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        guard let disk = disks.withLock({ $0[String(path[..<slash])] }) else { return nil }
        return (disk, String(path[path.index(after: slash)...]))
    }

    /// Counts a call and says what is to become of it.
    func verdict(on kind: DiskCall, of name: String, makesFile: Bool = false) -> Verdict {
        state.withLock { state in
            let call = Call(kind: kind, name: name, makesFile: makesFile)
            state.calls.append(call)
            // The power was lost, but what the kernel has in memory can still be read.
            if kind == .read, state.isDead { return .pass }
            if state.isDead { return .fail(kind.errorCode) }
            guard let fault = state.fault, state.failure == nil,
                fault.concerns(kind, makesFile: makesFile)
            else { return .pass }
            guard state.callsLeft == 0 else {
                state.callsLeft -= 1
                return .pass
            }
            state.failure = call
            state.isDead = fault == .powerLoss
            return switch fault {
            case .inputOutputError, .readError: .fail(kind.errorCode)
            case .powerLoss: .interrupt(kind.errorCode)
            case .full: .fail(kind.fullCode)
            case .shortWrite: .tear(kind.errorCode)
            case .shortWriteOnFullDisk: .tear(kind.fullCode)
            case .lostSync: .revert(kind.errorCode)
            }
        }
    }

    func has(_ name: String) -> Bool { state.withLock { $0.image.has(name) } }

    /// Changes what is known of the files' contents.
    func change<Result: Sendable>(
        _ body: (inout sending DiskImage) -> sending Result
    ) -> Result {
        state.withLock { body(&$0.image) }
    }

    /// Whether the index of the log grows by mapping this part of it.
    func isNewRegion(_ region: Int32) -> Bool {
        state.withLock { !$0.sharedRegions.contains(region) }
    }

    func share(_ region: Int32) {
        state.withLock { _ = $0.sharedRegions.insert(region) }
    }

    func unshare() {
        state.withLock { $0.sharedRegions = [] }
    }
}

extension DiskCall {
    /// What the platform's files answer where the operating system says `EIO`.
    fileprivate var errorCode: Int32 {
        let ioError = SQLITE_IOERR
        return switch self {
        case .open: SQLITE_CANTOPEN
        case .read: ioError | 1 << 8
        case .write: ioError | 3 << 8
        case .sync: ioError | 4 << 8
        case .truncate: ioError | 6 << 8
        case .delete: ioError | 10 << 8
        case .shareMemory: ioError | 21 << 8
        }
    }

    /// What they answer where it says `ENOSPC`.
    fileprivate var fullCode: Int32 {
        switch self {
        case .write: SQLITE_FULL
        case .shareMemory: SQLITE_IOERR | 19 << 8
        case .open, .read, .sync, .truncate, .delete: errorCode
        }
    }
}
