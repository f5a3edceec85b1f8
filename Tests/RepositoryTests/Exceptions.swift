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

    /// Functions that protocols of the language and of libraries ask for, and explain.
    static let explainedElsewhere: Set<String> = [
        "hash",
        // swift-nio's handlers of channels.
        "handlerAdded", "handlerRemoved", "channelActive", "channelInactive", "channelRead",
        "channelWritabilityChanged", "errorCaught",
    ]

    /// May import no kind of Foundation, not even the essentials.
    ///
    /// What these targets do is fixed by bytes and integers, and is the same on every platform.
    static let noFoundationAtAll: [String] = [
        "Sources/MeteringAPI/", "Sources/AWSWire/", "Sources/Marketplace/",
        "Sources/InMemoryStore/", "Sources/Waiting/",
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

    /// How many lines of a file may compare or look up by `String`; the numbers may only shrink.
    static let comparedTexts: [String: Int] = [
        // Members of messages, whose names stand in the code.
        "Sources/AWSWire/CBOR/CBORWriter.swift": 3,
        "Sources/Documents/ObjectReader.swift": 1,
        "Sources/TurnpikeCommand/Scenarios/ScenarioReading.swift": 1,
        "Sources/TurnpikeCommand/Scenarios/ScenarioRun.swift": 1,
        "Sources/TurnpikeCommand/Scenarios/ScenarioTexts.swift": 1,
        // Names of parameters, fields of forms, schemas and variables, which stand in the code.
        "Sources/TurnpikeCommand/EnvironmentVariables.swift": 3,
        "Sources/BuyerPages/BuyerPages.swift": 2,
        "Sources/ControlAPI/ControlAPI.swift": 5,
        "Sources/ControlAPI/OpenAPIDocument.swift": 1,
        "Sources/ControlAPI/Route.swift": 5,
        // Names of metrics and outcomes, which stand in the code.
        "Sources/PrometheusText/MetricsRegistry.swift": 1,
        // AWS's regions, which stand in the code.
        "Sources/Marketplace/Contracts/Regions.swift": 3,
        "Sources/Marketplace/Contracts/EndpointTable.swift": 3,
        "Sources/Marketplace/Contracts/Partition.swift": 1,
        // Names of headers, which are ASCII.
        "Sources/Marketplace/Events/CatalogEdit+targets.swift": 2,
        // Tags, which are ASCII: the model's pattern lets nothing else in.
        "Sources/Marketplace/Store/UsageEntry.swift": 2,
        "Sources/Marketplace/Rules/AllocationRules.swift": 2,
        "Sources/SQLiteStore/Usage/AllocationText.swift": 1,
        // Numbers, and texts that are compared by bytes already.
        "Sources/Marketplace/Catalog/Agenda.swift": 1,
        "Sources/InMemoryStore/InMemoryStore.swift": 1,
        "Sources/DurableFile/FileKind.swift": 1,
        "Sources/SQLiteStore/DataTables.swift": 2,
        "Sources/SQLiteStore/Usage/RunReader.swift": 6,
        "Sources/SQLiteStore/Usage/RunTable.swift": 2,
        // Times and keys in PEM, which we write ourselves, in ASCII.
        "Sources/SQLiteStore/Usage/GroupedTotals.swift": 1,
        "Sources/MarketplaceHost/Tokens/RegistrationKeyForge.swift": 1,
        // Names that a scenario gives its own agreements.
        "Sources/TurnpikeCommand/Scenarios/ScenarioRecord.swift": 2,
    ]

    /// Numbers that bound nothing, by their names: forms, units, and what AWS says.
    static let measures: [String: [String]] = [
        // How bytes lie in files and texts.
        "Sources/DurableFile/Log/LogMark.swift": [
            "recordSize", "progressOffset", "beginningOffset",
        ],
        "Sources/DurableFile/Log/LogLayout.swift": ["headerSize", "frameHeadSize"],
        "Sources/DurableFile/FileCopy.swift": ["digits"],
        "Sources/SQLiteStore/Usage/PackedRecord.swift": ["size"],
        "Sources/SQLiteStore/Usage/UsageRun.swift": ["maximumCount"],
        "Sources/DurableFile/Pages/PageChecksum.swift": ["pageSize", "reserved"],
        "Sources/MeteringAPI/MeteringRecordID.swift": ["textLength"],
        "Sources/MeteringAPI/Quantity.swift": [
            "millionthsInOne", "fractionDigits", "integerDigits",
        ],
        "Sources/MarketplaceHost/Tokens/TokenText.swift": ["randomBytes"],
        "Sources/AWSWire/Signature/RequestSigner.swift": ["capacity"],
        "Sources/AWSWire/JSON/JSONNumber.swift": ["exponentLimit"],
        // Units, and the calendar that all times lie in.
        "Sources/MeteringAPI/CalendarDate.swift": ["millisecondsInDay"],
        "Sources/MeteringAPI/Timestamp.swift": ["millisecondsPerHour"],
        "Sources/ControlAPI/NumberFields.swift": ["century", "calendar"],
        "Sources/Marketplace/Catalog/MarketplaceClock.swift": ["realSpeed"],
        "Sources/Marketplace/Events/EventTarget.swift": ["holdSeconds", "wholeShare"],
        "Sources/MarketplaceHost/State/ShownTimes.swift": ["stepMilliseconds"],
        // What users are told, and what they get where they say nothing.
        "Sources/DurableFile/FileRewriting.swift": ["worthTelling", "bytesPerSecond"],
        "Sources/TurnpikeServer/TurnpikeConfiguration.swift": ["defaultPort"],
        // What AWS says, or what stands for it where it is silent.
        "Sources/Marketplace/Contracts/ReportingWindow.swift": ["earliness"],
        "Sources/Marketplace/Events/EventDelays.swift": ["created", "licensed", "deprovisioned"],
        "Sources/Marketplace/Rules/AllocationRules.swift": ["distinctTagKeys"],
        "Sources/Marketplace/Store/UsageEntry.swift": ["lifetime"],
        "Sources/Marketplace/Catalog/CatalogEdit+jumps.swift": ["lead"],
        "Sources/Marketplace/Catalog/RegisteredWorkload.swift": ["shortestRun", "callPrecision"],
        "Sources/Marketplace/Catalog/RegistrationToken.swift": ["lifetime"],
        "Sources/Marketplace/Catalog/CatalogEdit+credentials.swift": ["credentialLifetime"],
        "Sources/Marketplace/Catalog/Agreement.swift": ["shortestRenewal", "finalUsageSeconds"],
    ]

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
        + longSwiftFiles + comparedTexts.keys + measures.keys
}
