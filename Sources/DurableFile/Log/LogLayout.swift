/// How SQLite lays out a write-ahead log: a header, then frames of a head and a page each
/// (https://www.sqlite.org/fileformat2.html, section 4).
enum LogLayout {
    static let headerSize = 32
    static let frameHeadSize = 24
    static let frameSize = frameHeadSize + PageChecksum.pageSize

    /// Where a frame begins; frames are numbered from 0.
    static func start(ofFrame frame: Int) -> Int { headerSize + frame * frameSize }

    /// The frame whose page lies at an offset; nil where no page begins there.
    static func frame(ofPageAt offset: Int) -> Int? {
        frame(startingAt: offset - frameHeadSize)
    }

    /// The frame that begins at an offset.
    static func frame(startingAt offset: Int) -> Int? {
        let (frame, rest) = (offset - headerSize).quotientAndRemainder(dividingBy: frameSize)
        return offset >= headerSize && rest == 0 ? frame : nil
    }

    /// How many whole frames a log of a size has.
    static func frames(inLogOf size: Int) -> Int { max(0, (size - headerSize) / frameSize) }

    /// The two salts of a log's header, which each of its frames repeats.
    static func salts(ofHeader bytes: UnsafeRawBufferPointer) -> UInt64 {
        UInt64(bytes.bigEndian(at: 16)) << 32 | UInt64(bytes.bigEndian(at: 20))
    }

    /// The two salts of a frame's head.
    static func salts(ofFrameHead bytes: UnsafeRawBufferPointer) -> UInt64 {
        UInt64(bytes.bigEndian(at: 8)) << 32 | UInt64(bytes.bigEndian(at: 12))
    }

    /// The pages that the data file has once the frame's transaction is in it; 0 where the frame
    /// is not the last of its transaction.
    static func pagesAfterCommit(_ head: UnsafeRawBufferPointer) -> UInt32 { head.bigEndian(at: 4) }
}

extension UnsafeRawBufferPointer {
    /// A number of 32 bits, the greatest byte first.
    func bigEndian(at offset: Int) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
