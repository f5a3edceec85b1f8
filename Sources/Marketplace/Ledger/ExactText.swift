/// Text that is compared by its bytes.
///
/// "é" can be written with one scalar or with two. `String` holds them for equal; the marketplace
/// does not, because its clients and its other stores compare bytes.
package struct ExactText: Sendable, Hashable, Comparable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package static func == (left: ExactText, right: ExactText) -> Bool {
        // Eight bytes at once: every record is compared with names several times.
        var left = left.text
        var right = right.text
        return left.withUTF8 { left in
            right.withUTF8 { right in
                left.count == right.count
                    && areEqual(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
            }
        }
    }

    package static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // So that "ab" beside "c" is not "a" beside "bc".
        hasher.combine(0xFF as UInt8)
    }
}

/// Whether as many bytes are the same.
private func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    var position = 0
    while position + 8 <= left.count {
        let word = left.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        guard right.loadUnaligned(fromByteOffset: position, as: UInt64.self) == word else {
            return false
        }
        position += 8
    }
    while position < left.count {
        guard left[position] == right[position] else { return false }
        position += 1
    }
    return true
}
