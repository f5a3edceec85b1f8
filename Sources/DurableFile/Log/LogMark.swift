import CTurnpikeChecksum

/// What a small file beside the log says of it: how far it was synced, and how it was begun anew.
///
/// A log alone cannot tell a last transaction that was damaged from one that a crash cut off. The
/// mark of progress is written after each sync of the log and not synced itself, so it is never
/// ahead of the log on the disk: what it says was synced must be there. After a loss of power it
/// may be older than the log, or gone, and then says less.
///
/// The mark of a new beginning is synced before the header of a log that has been folded back is
/// overwritten: a header that is torn then, with the old frames behind it, is no damage.
struct LogMark: Equatable {
    /// The salts of the log that is written.
    struct Progress: Equatable {
        var salts: UInt64
        /// Frames that were synced, each with its transaction whole.
        var frames: UInt64
    }

    /// The salts of the log that was folded back, all of it.
    struct Beginning: Equatable {
        var folded: UInt64
        /// The salts of the log that comes after it.
        var next: UInt64
    }

    var progress: Progress?
    var beginning: Beginning?

    /// Bytes of each of the two records.
    static let recordSize = 24
    /// Where they lie: in sectors of their own, so that writing one cannot tear the other.
    static let progressOffset = 512
    static let beginningOffset = 0
}

extension LogMark {
    /// Reads both records; one that is not what was written is as if it were not there.
    init(_ file: [UInt8]) {
        progress = Self.record(in: file, at: Self.progressOffset).map {
            Progress(salts: $0.0, frames: $0.1)
        }
        beginning = Self.record(in: file, at: Self.beginningOffset).map {
            Beginning(folded: $0.0, next: $0.1)
        }
    }

    static func bytes(_ progress: Progress) -> [UInt8] {
        record(progress.salts, progress.frames, at: progressOffset)
    }

    static func bytes(_ beginning: Beginning) -> [UInt8] {
        record(beginning.folded, beginning.next, at: beginningOffset)
    }

    private static func record(_ first: UInt64, _ second: UInt64, at offset: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for word in [first, second, UInt64(offset)] {
            withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
        }
        let checksum = turnpike_crc32c(0, bytes, 20)
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(20..<24, with: $0) }
        return bytes
    }

    private static func record(in file: [UInt8], at offset: Int) -> (UInt64, UInt64)? {
        guard file.count >= offset + recordSize else { return nil }
        let words = file.withUnsafeBytes { bytes in
            [0, 8].map {
                UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset + $0, as: UInt64.self))
            }
        }
        let found = Array(file[offset..<offset + recordSize])
        return found == record(words[0], words[1], at: offset) ? (words[0], words[1]) : nil
    }
}

extension LogMark {
    /// Where the mark of a log is.
    static func path(ofLogAt path: String) -> String {
        (path.hasSuffix("-wal") ? String(path.dropLast(4)) : path) + "-mark"
    }
}
