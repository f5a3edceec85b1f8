/// Random numbers that are the same in every run (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension SeededGenerator {
    /// Whether something happens that happens once in so many times.
    mutating func chance(oneIn count: Int) -> Bool {
        Int.random(in: 0..<count, using: &self) == 0
    }

    /// A text of scalars from every plane, control characters included.
    mutating func text(maximumLength: Int) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...maximumLength, using: &self) {
            let limits: [ClosedRange<UInt32>] = [
                0x20...0x7E, 0...0x1F, 0x80...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
            ]
            let range = chance(oneIn: 2) ? limits[0] : limits.randomElement(using: &self)
            guard let value = range?.randomElement(using: &self) else { continue }
            text.unicodeScalars.append(Unicode.Scalar(value) ?? "x")
        }
        return text
    }
}
