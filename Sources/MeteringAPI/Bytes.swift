extension UnsafeRawBufferPointer {
    /// Whether these are the same bytes; eight at a time, because names are compared several times
    /// for every record.
    @usableFromInline
    package func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var position = 0
        while position + 8 <= count {
            guard word(at: position) == other.word(at: position) else { return false }
            position += 8
        }
        if count >= 8 {
            // The last eight, some of them for the second time.
            return word(at: count - 8) == other.word(at: count - 8)
        }
        while position < count {
            guard self[position] == other[position] else { return false }
            position += 1
        }
        return true
    }

    private func word(at position: Int) -> UInt64 {
        loadUnaligned(fromByteOffset: position, as: UInt64.self)
    }
}

extension String {
    /// Gives the text's bytes to a closure, without a copy of the text where that can be.
    @inlinable
    package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = self
        return copy.withUTF8(body)
    }
}
