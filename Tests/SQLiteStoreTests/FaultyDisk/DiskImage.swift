/// What is left of a folder's files when the power goes: all that was synced, and any of the rest.
///
/// A name is as little durable as a write: until its folder is synced, a new file may be missing,
/// and a deleted one may be back.
struct DiskImage: Sendable {
    fileprivate enum Change {
        case write(offset: Int, bytes: [UInt8])
        case truncate(to: Int)
    }

    fileprivate struct Content {
        var durable: [UInt8] = []
        var pending: [Change] = []
    }

    private var contents: [Content] = []
    /// The contents that a name has had since its folder was synced, the newest last; nil where
    /// there was no such file.
    private var names: [String: [Int?]] = [:]

    /// A folder that has held these files for long.
    init(_ files: [String: [UInt8]] = [:]) {
        for (name, bytes) in files {
            names[name] = [contents.count]
            contents.append(Content(durable: bytes))
        }
    }

    func has(_ name: String) -> Bool {
        if case .some(.some) = names[name]?.last { true } else { false }
    }

    /// The number of a file's content; a file that is not there is made.
    mutating func open(_ name: String) -> Int {
        if case .some(.some(let content)) = names[name]?.last { return content }
        names[name, default: [nil]].append(contents.count)
        contents.append(Content())
        return contents.count - 1
    }

    mutating func delete(_ name: String) {
        names[name, default: [nil]].append(nil)
    }

    mutating func write(_ bytes: [UInt8], at offset: Int, to content: Int) {
        contents[content].pending.append(.write(offset: offset, bytes: bytes))
    }

    mutating func truncate(_ content: Int, to length: Int) {
        contents[content].pending.append(.truncate(to: length))
    }

    mutating func sync(_ content: Int) {
        for change in contents[content].pending { change.apply(to: &contents[content].durable) }
        contents[content].pending = []
    }

    mutating func syncFolder() {
        for (name, states) in names { names[name] = states.suffix(1) }
    }

    /// Drops what was not synced, as a kernel may after a failed sync, and gives what is left.
    mutating func revert(_ content: Int) -> [UInt8] {
        contents[content].pending = []
        return contents[content].durable
    }

    /// The files as they may be found when the power is back.
    func afterPowerLoss(seed: UInt64) -> [String: [UInt8]] {
        var random = SplitMix(state: seed)
        var files: [String: [UInt8]] = [:]
        for (name, states) in names.sorted(by: { $0.key < $1.key }) {
            guard let content = states.randomElement(using: &random) ?? nil else { continue }
            files[name] = contents[content].survivor(&random)
        }
        return files
    }
}

extension DiskImage.Content {
    /// What is durable, with none, all, the first or any of the pending changes.
    fileprivate func survivor(_ random: inout SplitMix) -> [UInt8] {
        var bytes = durable
        switch Int.random(in: 0..<4, using: &random) {
        case 0: break
        case 1:
            for change in pending { change.apply(to: &bytes) }
        case 2:
            let whole = Int.random(in: 0...pending.count, using: &random)
            for change in pending[..<whole] { change.apply(to: &bytes) }
            if whole < pending.count { pending[whole].torn(&random).apply(to: &bytes) }
        default:
            for change in pending {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: break
                case 1: change.torn(&random).apply(to: &bytes)
                default: change.apply(to: &bytes)
                }
            }
        }
        return bytes
    }
}

extension DiskImage.Change {
    fileprivate func apply(to bytes: inout [UInt8]) {
        switch self {
        case .truncate(let length):
            bytes = Array(bytes.prefix(length))
            bytes += repeatElement(0, count: length - bytes.count)
        case .write(let offset, let written):
            let end = offset + written.count
            bytes += repeatElement(0, count: max(end - bytes.count, 0))
            bytes.replaceSubrange(offset..<end, with: written)
        }
    }

    /// A part of a write: up to a byte, up to a sector, or from a sector on.
    fileprivate func torn(_ random: inout SplitMix) -> Self {
        guard case .write(let offset, let bytes) = self, bytes.count > 1 else { return self }
        let cut = Int.random(in: 1..<bytes.count, using: &random)
        let sector = 512
        let border = min(max((offset + cut) / sector * sector - offset, 0), bytes.count)
        return switch Int.random(in: 0..<3, using: &random) {
        case 0: .write(offset: offset, bytes: Array(bytes[..<cut]))
        case 1: .write(offset: offset, bytes: Array(bytes[..<border]))
        default: .write(offset: offset + border, bytes: Array(bytes[border...]))
        }
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
