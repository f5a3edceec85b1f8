#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The system's random numbers, fetched many at a time: each fetch is a system call, which takes
/// longer than all else that an id needs.
package struct BufferedRandom: RandomNumberGenerator {
    private var words: [UInt64] = []
    private let capacity: Int

    /// For about so many ids.
    package init(ids: Int) {
        capacity = max(1, ids) * 2
    }

    package mutating func next() -> UInt64 {
        if words.isEmpty { words = Self.fetch(capacity) }
        return words.removeLast()
    }

    private static func fetch(_ count: Int) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: count)
        arc4random_buf(&words, count * MemoryLayout<UInt64>.stride)
        return words
    }
}
