/// Text that is compared by its bytes.
///
/// "é" can be written with one scalar or with two. `String` holds them for equal; the marketplace
/// does not, because its clients and its other stores compare bytes.
@frozen
package struct ExactText: Sendable, Hashable, Comparable {
    package let text: String

    @inlinable
    package init(_ text: String) {
        self.text = text
    }

    @inlinable
    package static func == (left: ExactText, right: ExactText) -> Bool {
        left.text.hasSameBytes(as: right.text)
    }

    package static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    @inlinable
    package func hash(into hasher: inout Hasher) {
        text.withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // So that "ab" beside "c" is not "a" beside "bc".
        hasher.combine(0xFF as UInt8)
    }
}

extension String {
    /// Whether both texts are the same bytes, whatever Unicode holds for equal.
    @inlinable
    package func hasSameBytes(as other: String) -> Bool {
        withBytes { left in
            other.withBytes { right in
                UnsafeRawBufferPointer(left).hasSameBytes(as: UnsafeRawBufferPointer(right))
            }
        }
    }
}
