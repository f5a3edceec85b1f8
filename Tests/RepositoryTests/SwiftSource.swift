/// A Swift file's text, taken apart far enough for rules that look for words.
///
/// This is a scanner, not a parser: it knows comments, strings (raw, multiline, with
/// interpolations) and extended regular expressions, and nothing else. The bare `/…/` form of
/// regular expressions is read as code, which is wrong only when it holds a quotation mark.
struct SwiftSource: Sendable {
    /// The lines as they are.
    let lines: [String]
    /// The lines with comments and what is inside strings replaced by blanks.
    let code: [String]
    /// The lines with everything but comments replaced by blanks.
    let comments: [String]

    /// Whether the text ends as a text file should.
    let endsInNewline: Bool

    init(_ text: String) {
        var scanner = SwiftScanner(text)
        scanner.run()
        lines = Self.split(text)
        code = Self.split(String(decoding: scanner.code, as: UTF8.self))
        comments = Self.split(String(decoding: scanner.comments, as: UTF8.self))
        endsInNewline = text.utf8.last == UInt8(ascii: "\n")
    }

    /// The lines of a text; a newline at the end does not begin another line.
    static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}

/// Sorts the bytes of a Swift file into code and comments; both keep every newline.
private struct SwiftScanner {
    private enum Context {
        /// Inside an interpolation, `parentheses` counts the open ones; at the file's level it
        /// does not matter.
        case code(parentheses: Int)
        case lineComment
        case blockComment(depth: Int)
        case string(hashes: Int, isMultiline: Bool)
        case regex(hashes: Int)
    }

    private(set) var code: [UInt8] = []
    private(set) var comments: [UInt8] = []

    private let bytes: [UInt8]
    private var position = 0
    private var contexts: [Context] = [.code(parentheses: 0)]

    init(_ text: String) {
        bytes = Array(text.utf8)
        code.reserveCapacity(bytes.count)
        comments.reserveCapacity(bytes.count)
    }

    mutating func run() {
        while position < bytes.count {
            switch contexts[contexts.count - 1] {
            case .code(let parentheses): scanCode(parentheses)
            case .lineComment: scanLineComment()
            case .blockComment(let depth): scanBlockComment(depth)
            case .string(let hashes, let isMultiline): scanString(hashes, isMultiline)
            case .regex(let hashes): scanRegex(hashes)
            }
        }
    }

    private mutating func scanCode(_ parentheses: Int) {
        if next(is: "//") {
            contexts.append(.lineComment)
        } else if next(is: "/*") {
            contexts.append(.blockComment(depth: 0))
        } else if let (context, length) = literalOpening() {
            take(length, code: true)
            contexts.append(context)
        } else {
            scanCodeByte(parentheses)
        }
    }

    private mutating func scanCodeByte(_ parentheses: Int) {
        let isInterpolation = contexts.count > 1
        switch bytes[position] {
        case UInt8(ascii: "(") where isInterpolation:
            contexts[contexts.count - 1] = .code(parentheses: parentheses + 1)
            take(1, code: true)
        case UInt8(ascii: ")") where isInterpolation && parentheses == 0:
            // The interpolation's own; the one that opened it is not code either.
            contexts.removeLast()
            take(1)
        case UInt8(ascii: ")") where isInterpolation:
            contexts[contexts.count - 1] = .code(parentheses: parentheses - 1)
            take(1, code: true)
        default:
            take(1, code: true)
        }
    }

    /// The literal that begins here, and the length of what opens it.
    private func literalOpening() -> (Context, Int)? {
        var hashes = 0
        while position + hashes < bytes.count, bytes[position + hashes] == UInt8(ascii: "#") {
            hashes += 1
        }
        if next(is: "\"\"\"", at: hashes) {
            return (.string(hashes: hashes, isMultiline: true), hashes + 3)
        }
        if next(is: "\"", at: hashes) {
            return (.string(hashes: hashes, isMultiline: false), hashes + 1)
        }
        if hashes > 0, next(is: "/", at: hashes) { return (.regex(hashes: hashes), hashes + 1) }
        return nil
    }

    private mutating func scanLineComment() {
        if bytes[position] == UInt8(ascii: "\n") {
            contexts.removeLast()
            take(1, code: true)
        } else {
            take(1, comment: true)
        }
    }

    private mutating func scanBlockComment(_ depth: Int) {
        if next(is: "/*") {
            contexts[contexts.count - 1] = .blockComment(depth: depth + 1)
            take(2, comment: true)
        } else if next(is: "*/") {
            take(2, comment: true)
            if depth > 1 {
                contexts[contexts.count - 1] = .blockComment(depth: depth - 1)
            } else {
                contexts.removeLast()
            }
        } else {
            take(1, comment: true)
        }
    }

    private mutating func scanString(_ hashes: Int, _ isMultiline: Bool) {
        let hash = String(repeating: "#", count: hashes)
        let closing = (isMultiline ? "\"\"\"" : "\"") + hash
        if next(is: closing) {
            take(closing.utf8.count, code: true)
            contexts.removeLast()
        } else if next(is: "\\" + hash + "(") {
            take(hashes + 2)
            contexts.append(.code(parentheses: 0))
        } else if next(is: "\\" + hash) {
            take(hashes + 2)
        } else {
            // A string on one line ends with it, so that a mistake here costs one line.
            if !isMultiline, bytes[position] == UInt8(ascii: "\n") { contexts.removeLast() }
            take(1)
        }
    }

    private mutating func scanRegex(_ hashes: Int) {
        let closing = "/" + String(repeating: "#", count: hashes)
        if next(is: closing) {
            take(closing.utf8.count, code: true)
            contexts.removeLast()
        } else {
            take(next(is: "\\") ? 2 : 1)
        }
    }

    private func next(is text: String, at offset: Int = 0) -> Bool {
        var index = position + offset
        for byte in text.utf8 {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
        }
        return true
    }

    /// Moves on by `count` bytes, which go to the code, to the comments or to neither.
    private mutating func take(_ count: Int, code isCode: Bool = false, comment: Bool = false) {
        let blank = UInt8(ascii: " ")
        let newline = UInt8(ascii: "\n")
        for byte in bytes[position..<min(position + count, bytes.count)] {
            code.append(isCode || byte == newline ? byte : blank)
            comments.append(comment || byte == newline ? byte : blank)
            position += 1
        }
    }
}
