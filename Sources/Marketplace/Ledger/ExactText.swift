import MeteringAPI

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
        left.text.withBytes { left in
            right.text.withBytes { right in
                UnsafeRawBufferPointer(left).hasSameBytes(as: UnsafeRawBufferPointer(right))
            }
        }
    }

    package static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        text.withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // So that "ab" beside "c" is not "a" beside "bc".
        hasher.combine(0xFF as UInt8)
    }
}
