/// A sum by which a row knows that a bit of it has flipped on the disk.
///
/// SQLite checks the structure of its pages, not what is in them. This is no defence against
/// people: whoever can change a row can change its sum. The function is part of the file format.
@frozen
package struct Checksum {
    @usableFromInline
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    @inlinable
    package init() {}

    /// As SQLite keeps it.
    @inlinable package var value: Int64 { Int64(bitPattern: state) }

    @inlinable
    package mutating func add(_ word: UInt64) {
        let (high, low) = (state ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        // Rotated, so that a product of zero does not forget what came before.
        state = (high ^ low) &+ (state << 23 | state >> 41)
    }

    @inlinable
    package mutating func add(_ number: Int64) { add(UInt64(bitPattern: number)) }

    @inlinable
    package mutating func add(_ bytes: UnsafeRawBufferPointer) {
        add(UInt64(bytes.count))
        let whole = bytes.count / 8 * 8
        for start in stride(from: 0, to: whole, by: 8) {
            add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)))
        }
        var rest: UInt64 = 0
        for byte in bytes[whole...] { rest = rest << 8 | UInt64(byte) }
        if whole < bytes.count { add(rest) }
    }

    @inlinable
    package mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }
}
