/// Where a rule of this suite does not apply.
///
/// Every list is of paths from the root of the repository: a file, or a folder with a slash at
/// its end. An entry needs its reason in a comment above it. An entry that names nothing in the
/// tree fails the suite, so that the lists do not outlive what they excuse.
enum Exceptions {
    /// May import the whole of Foundation.
    ///
    /// It brings ICU with it and is slow where it looks harmless (dates, number formats), so
    /// sources import `FoundationEssentials`.
    static let fullFoundation: [String] = [
        // Tests may read files, start processes and compare with Foundation's answers.
        "Tests/"
    ]

    /// May import no kind of Foundation, not even the essentials.
    ///
    /// What these targets do is fixed by bytes and integers, and is the same on every platform.
    static let noFoundationAtAll: [String] = [
        "Sources/MeteringAPI/", "Sources/AWSWire/", "Sources/Marketplace/",
    ]

    /// May start a task that nobody waits for.
    static let unstructuredTasks: [String] = [
        // libFuzzer calls a C function, whose thread waits for the task there.
        "Tests/Fuzzer/"
    ]

    /// May read numbers from texts by themselves; this list may only get shorter.
    static let readingNumbers: [String] = [
        // It is the one place for it.
        "Sources/MeteringAPI/WholeNumber.swift",
        // An entitlement may have a fraction, as AWS's doubles do; nothing is computed with it.
        "Sources/TurnpikeServer/Structured/ObjectReader.swift",
        // The numbers are those that the server has just written.
        "Sources/AWSWire/CBOR/CBORWriter.swift",
    ]

    /// May take absolute values, which trap at the smallest number.
    static let absoluteValues: [String] = [
        // What traps there fails a test.
        "Tests/"
    ]

    /// May print to standard output.
    static let printing: [String] = [
        // All commands print through it, and it makes others' control characters harmless.
        "Sources/TurnpikeCommand/Terminal.swift",
        // Their output is the product.
        "Benchmarks/",
        "Examples/",
        "Tests/",
    ]

    /// May let real time pass in a test.
    static let sleepingTests: [String] = []

    /// May have lines over the limit, or more of them than the limit, for a reason of its own.
    static let longSwiftFiles: [String] = []

    /// Folders by this name hold bytes that are compared with: nobody tidies them.
    static let verbatimFolders: Set<String> = ["Fixtures", "Vectors"]

    /// Whether one of the `entries` names `path` or a folder that `path` is in.
    static func cover(_ path: String, _ entries: [String]) -> Bool {
        entries.contains { $0.hasSuffix("/") ? path.hasPrefix($0) : path == $0 }
    }

    /// Every list, for the test that looks for entries that name nothing.
    static let all: [String] =
        fullFoundation + noFoundationAtAll + unstructuredTasks + printing + sleepingTests
        + readingNumbers + absoluteValues
        + longSwiftFiles
}
