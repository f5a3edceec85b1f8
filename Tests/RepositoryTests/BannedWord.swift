import Testing

/// A word that code does not use here, and what it uses instead.
struct BannedWord: Sendable, CustomTestStringConvertible {
    enum Place: Sendable {
        case everywhere
        case tests
        case everywhereBut([String])
        case testsBut([String])
    }

    let word: String
    let instead: String
    var place = Place.everywhere
    /// Whether the word is also meant behind a dot.
    var asMember = true

    var testDescription: String { word }

    static let all: [BannedWord] = [
        BannedWord(
            word: "DateFormatter",
            instead: "it takes 64 µs a date; write integers to a byte buffer, as the codec does"),
        BannedWord(
            word: "ISO8601DateFormatter",
            instead: "write integers to a byte buffer, as the codec does"),
        BannedWord(
            word: "NSRegularExpression",
            instead: "the patterns of this API are small: write a predicate over bytes"),
        BannedWord(word: "try!", instead: "throw, or make the failure impossible by type"),
        BannedWord(
            word: "Task.detached", instead: "add a child to a task group that `run()` awaits"),
        BannedWord(
            word: "Task {", instead: "add a child to a task group that `run()` awaits",
            place: .everywhereBut(Exceptions.unstructuredTasks)),
        BannedWord(
            word: "Task(", instead: "add a child to a task group that `run()` awaits",
            place: .everywhereBut(Exceptions.unstructuredTasks)),
        BannedWord(
            word: "abs(",
            instead: "take the magnitude, or ask a range whether it contains the number",
            place: .everywhereBut(Exceptions.absoluteValues), asMember: false),
        BannedWord(
            word: "print(",
            instead: "take a logger, or return the text to the command line, where Terminal prints",
            place: .everywhereBut(Exceptions.printing), asMember: false),
        BannedWord(
            word: "Task.sleep", instead: "await the event, or move the test's clock",
            place: .testsBut(Exceptions.sleepingTests)),
        BannedWord(
            word: "Thread.sleep", instead: "await the event, or move the test's clock",
            place: .testsBut(Exceptions.sleepingTests)),
        BannedWord(
            word: "sleep(", instead: "await the event, or move the test's clock",
            place: .testsBut(Exceptions.sleepingTests), asMember: false),
        BannedWord(
            word: "usleep(", instead: "await the event, or move the test's clock",
            place: .testsBut(Exceptions.sleepingTests)),
        BannedWord(
            word: ".disabled(", instead: "mend the test or remove it", place: .tests),
        BannedWord(
            word: "withKnownIssue", instead: "mend what the test found", place: .tests),
    ]

    /// Notes to oneself, which belong in an issue; looked for in comments.
    static let notes = ["TODO", "FIXME", "XXX"]

    func applies(to path: String) -> Bool {
        let isTest = path.contains("Tests/")
        return switch place {
        case .everywhere: true
        case .tests: isTest
        case .everywhereBut(let exceptions): !Exceptions.cover(path, exceptions)
        case .testsBut(let exceptions): isTest && !Exceptions.cover(path, exceptions)
        }
    }

    func findings(in source: SwiftSource) -> [Finding] {
        source.code.enumerated().compactMap { offset, line in
            guard Words.contains(word, in: line, asMember: asMember) else { return nil }
            return Finding(line: offset + 1, message: "`\(word)`: \(instead)")
        }
    }
}
