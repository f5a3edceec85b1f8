/// Bounds stand in the file of their room, and all of them in the manual.
enum LimitRules {
    /// The page of the manual that lists them.
    static let page = "Documentation/limits.md"

    /// A number that a file gives a name.
    struct Constant: Equatable {
        var line: Int
        var name: String
        /// With its unit, where the number has a type of its own.
        var value: String
    }

    /// Whether a file is where a room's bounds stand.
    static func isPlace(_ path: String) -> Bool { path.hasSuffix("Limits.swift") }

    /// The numbers that have a name, besides those of functions.
    static func constants(_ source: SwiftSource, isStatic: Bool) -> [Constant] {
        source.code.enumerated().compactMap { index, line in
            let words = line.split(separator: " ").map(String.init)
            guard let keyword = words.firstIndex(where: { $0 == "let" || $0 == "var" }),
                words.contains("static") || !isStatic, keyword + 1 < words.count,
                let sign = words.firstIndex(of: "="), sign > keyword
            else { return nil }
            let name = String(words[keyword + 1].prefix { $0 != ":" })
            let right = words[(sign + 1)...].joined(separator: " ")
            return value(right).map { Constant(line: index + 1, name: name, value: $0) }
        }
    }

    /// Numbers that stand somewhere else than with the bounds of their room.
    static func escaped(_ source: SwiftSource, besides known: [String]) -> [Finding] {
        constants(source, isStatic: true).filter { !known.contains($0.name) }.map {
            Finding(
                line: $0.line,
                message: "`\($0.name)` is a number: a bound belongs into the target's "
                    + "…Limits.swift, a measure into `Exceptions.measures`")
        }
    }

    /// The rows of the manual's table that a file with bounds asks for.
    static func rows(_ source: SwiftSource) -> [String] {
        let constants = constants(source, isStatic: false)
        return constants.map { constant in
            let type = type(around: constant.line - 1, in: source)
            let sentence = comment(above: constant.line - 1, in: source)
            return "| `\(type).\(constant.name)` | \(constant.value) | \(sentence) |"
        }
    }

    /// The rows that the page has.
    static func rows(ofPage text: String) -> [String] {
        SwiftSource.split(text).filter { $0.hasPrefix("| `") }
    }

    /// The first paragraph of what is said of a declaration.
    private static func comment(above line: Int, in source: SwiftSource) -> String {
        var lines: [String] = []
        for index in (0..<line).reversed() {
            let text = source.lines[index].drop { $0 == " " }
            guard text.hasPrefix("///") else { break }
            lines.insert(String(text.dropFirst(3).drop { $0 == " " }), at: 0)
        }
        return lines.prefix { !$0.isEmpty }.joined(separator: " ")
    }

    /// The type that a declaration is in, with the one that this is in where it is in another.
    private static func type(around line: Int, in source: SwiftSource) -> String {
        var names: [String] = []
        for code in source.code[..<line].reversed() {
            let words = code.split { " :{".contains($0) }.map(String.init)
            guard
                let keyword = words.firstIndex(where: {
                    ["enum", "struct", "extension"].contains($0)
                }), keyword + 1 < words.count
            else { continue }
            names.insert(words[keyword + 1], at: 0)
            if !code.hasPrefix(" ") { break }
        }
        return names.joined(separator: ".")
    }

    /// A product of whole numbers, or a time of so many units, as people read it.
    private static func value(_ text: String) -> String? {
        for (type, unit) in [("seconds", "s"), ("milliseconds", "ms")] {
            for owner in ["Duration", "TimeAmount"] where text.hasPrefix("\(owner).\(type)(") {
                let inside = text.dropFirst(owner.count + type.count + 2).dropLast()
                return product(String(inside)).map { "\(grouped($0)) \(unit)" }
            }
        }
        return product(text).map(grouped)
    }

    private static func product(_ text: String) -> Int? {
        var product = 1
        for factor in text.split(separator: " ").filter({ $0 != "*" }) {
            guard let number = Int(factor.filter { $0 != "_" }) else { return nil }
            product *= number
        }
        return text.isEmpty ? nil : product
    }

    /// 4194304 is 4,194,304.
    private static func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        return digits.indices.map { index in
            let isPlace = index > 0 && (digits.count - index) % 3 == 0 && digits[index - 1] != "-"
            return (isPlace ? "," : "") + String(digits[index])
        }.joined()
    }
}
