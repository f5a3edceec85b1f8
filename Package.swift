// swift-tools-version: 6.2
import PackageDescription

// The manifest is the picture of the architecture: an arrow that is not drawn here does not compile
// (`Scripts/build` checks explicit imports). ARCHITECTURE.md explains it on one page.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let httpClient: Target.Dependency = .product(
    name: "AsyncHTTPClient", package: "async-http-client")

let targets: [Target] = [
    // The API as Swift values. Imports nothing.
    .target(name: "MeteringAPI", swiftSettings: settings),
    .testTarget(
        name: "MeteringAPITests", dependencies: ["MeteringAPI"], swiftSettings: settings),

    // Bytes to those values and back; signatures.
    .target(name: "AWSWire", dependencies: ["MeteringAPI", crypto], swiftSettings: settings),
    .testTarget(
        name: "AWSWireTests", dependencies: ["AWSWire", "MeteringAPI"],
        resources: [.copy("Fixtures")], swiftSettings: settings),

    // What people write, JSON or YAML, read with a place for each mistake.
    .target(
        name: "Documents",
        dependencies: ["AWSWire", "MeteringAPI", .product(name: "Yams", package: "Yams")],
        swiftSettings: settings),

    // Catalog, contracts, rules; what a store promises.
    .target(
        name: "Marketplace",
        dependencies: [
            "MeteringAPI", .product(name: "HashTreeCollections", package: "swift-collections"),
        ],
        swiftSettings: settings),
    .testTarget(
        name: "MarketplaceTests",
        dependencies: ["InMemoryStore", "Marketplace", "MeteringAPI", "StoreContract"],
        swiftSettings: settings),
    .target(
        name: "StoreContract", dependencies: ["InMemoryStore", "Marketplace", "MeteringAPI"],
        path: "Tests/StoreContract", swiftSettings: settings),

    // The store in memory, which ends with the process.
    .target(
        name: "InMemoryStore",
        dependencies: [
            "Marketplace", "MeteringAPI",
            .product(name: "HeapModule", package: "swift-collections"),
        ],
        swiftSettings: settings),

    // Facts and events as bytes, the same for every durable store.
    .target(
        name: "StoredForms", dependencies: ["AWSWire", "Marketplace", "MeteringAPI"],
        swiftSettings: settings),
    .testTarget(
        name: "StoredFormsTests", dependencies: ["Marketplace", "MeteringAPI", "StoredForms"],
        swiftSettings: settings),

    // The checksum of a page, with the processor's own instruction.
    .target(name: "CTurnpikeChecksum"),

    // A SQLite file that keeps what it has acknowledged, and knows what of it is damaged.
    .target(
        name: "DurableFile",
        dependencies: [
            "CTurnpikeChecksum",
            .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "GRDBSQLite", package: "GRDB.swift"),
        ],
        swiftSettings: settings),

    // The embedded store: one such file.
    .target(
        name: "SQLiteStore",
        dependencies: [
            "DurableFile", "Marketplace", "MeteringAPI", "StoredForms",
            .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "GRDBSQLite", package: "GRDB.swift"),
        ],
        swiftSettings: settings),
    .testTarget(
        name: "SQLiteStoreTests",
        dependencies: [
            "CTurnpikeChecksum", "DurableFile", "InMemoryStore", "SQLiteStore", "Marketplace",
            "MeteringAPI", "StoreContract",
            .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "GRDBSQLite", package: "GRDB.swift"),
        ],
        exclude: ["Fixtures"], swiftSettings: settings),

    // Tasks that wait for each other without asking again and again.
    .target(name: "Waiting", swiftSettings: settings),

    // What was counted, behind the façade of swift-metrics, as Prometheus reads it.
    .target(name: "PrometheusText", dependencies: [coreMetrics], swiftSettings: settings),
    .testTarget(
        name: "PrometheusTextTests", dependencies: ["PrometheusText", coreMetrics],
        swiftSettings: settings),

    // HTTP/1.1 within its bounds.
    .target(
        name: "WebServer",
        dependencies: [
            "MeteringAPI", "Waiting", logging, nioCore, httpTypes,
            .product(name: "NIOExtras", package: "swift-nio-extras"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ],
        swiftSettings: settings),

    // The running marketplace: what it knows now, its clock, what it sends.
    .target(
        name: "MarketplaceHost",
        dependencies: [
            "AWSWire", "Marketplace", "MeteringAPI", "PrometheusText", "Waiting", coreMetrics,
            crypto, httpClient, logging, nioCore,
            .product(name: "CryptoExtras", package: "swift-crypto"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ],
        swiftSettings: settings),

    // The face for sellers' software: AWS's protocols.
    .target(
        name: "MeteringEndpoint",
        dependencies: [
            "AWSWire", "Marketplace", "MarketplaceHost", "MeteringAPI", "PrometheusText",
            "WebServer", coreMetrics, httpTypes,
        ],
        swiftSettings: settings),

    // The face for operators' programs: the marketplace as resources in JSON.
    .target(
        name: "ControlAPI",
        dependencies: [
            "AWSWire", "Documents", "Marketplace", "MarketplaceHost", "MeteringAPI",
            "Waiting", "WebServer", httpTypes,
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ],
        swiftSettings: settings),

    // The face for buyers' browsers. It lets in whom the control API lets in.
    .target(
        name: "BuyerPages",
        dependencies: [
            "AWSWire", "ControlAPI", "Marketplace", "MarketplaceHost", "MeteringAPI", "WebServer",
            httpTypes,
        ],
        swiftSettings: settings),

    // Puts the parts together.
    .target(
        name: "TurnpikeServer",
        dependencies: [
            "BuyerPages", "ControlAPI", "Documents", "DurableFile", "InMemoryStore",
            "Marketplace", "MarketplaceHost", "MeteringAPI", "MeteringEndpoint",
            "PrometheusText", "SQLiteStore", "WebServer", httpTypes, logging, nioCore,
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ],
        swiftSettings: settings),
    .testTarget(
        name: "TurnpikeServerTests",
        dependencies: [
            "TurnpikeServer", "AWSWire", "ControlAPI", "Documents", "DurableFile",
            "InMemoryStore", "Marketplace", "MarketplaceHost", "MeteringAPI",
            "MeteringEndpoint", "SQLiteStore", "StoreContract", "TestProcesses", "Waiting",
            "PrometheusText", "WebServer", coreMetrics, logging, nioCore, httpTypes,
            .product(name: "CryptoExtras", package: "swift-crypto"),
            .product(name: "NIOEmbedded", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ],
        swiftSettings: settings),

    // What gives another program the marketplace's time of day: preloaded, never linked.
    .target(name: "ClockShim"),

    // The command line; its product is `turnpike`.
    .executableTarget(
        name: "TurnpikeCommand",
        dependencies: [
            "AWSWire", "BuyerPages", "ControlAPI", "Documents", "DurableFile", "Marketplace",
            "MarketplaceHost", "MeteringAPI", "MeteringEndpoint", "SQLiteStore", "TurnpikeServer",
            "WebServer", httpClient, logging, nioCore,
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ],
        swiftSettings: settings),
    .testTarget(
        name: "TurnpikeCommandTests",
        dependencies: [
            "TurnpikeCommand", "TurnpikeServer", "AWSWire", "Documents", "Marketplace",
            "MarketplaceHost", "MeteringAPI", "MeteringEndpoint", "TestProcesses", logging,
            nioCore,
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ],
        swiftSettings: settings),

    // A sample for those who write a seller's site; it needs nothing of the server.
    .executableTarget(
        name: "SellerSite",
        dependencies: [
            "AWSWire", "MeteringAPI", httpClient,
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
        ],
        path: "Examples/SellerSite", swiftSettings: settings),

    // The command in processes of its own, and a client that signs.
    .target(
        name: "TestProcesses",
        dependencies: [
            "AWSWire", "MeteringAPI", httpClient, nioCore,
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ],
        path: "Tests/TestProcesses", swiftSettings: settings),

    // What must hold for any bytes: tried by mutation in the tests, by libFuzzer in Scripts/fuzz.
    .target(
        name: "FuzzTargets",
        dependencies: [
            "AWSWire", "InMemoryStore", "Marketplace", "MarketplaceHost", "MeteringAPI",
            "MeteringEndpoint", "TurnpikeServer", "WebServer", crypto, logging, httpTypes,
        ],
        path: "Tests/FuzzTargets", swiftSettings: settings),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], swiftSettings: settings),
    .executableTarget(
        name: "Fuzzer", dependencies: ["FuzzTargets"], path: "Tests/Fuzzer",
        swiftSettings: settings),

    // Style is a test.
    .testTarget(name: "RepositoryTests", swiftSettings: settings),
]

let package = Package(
    name: "turnpike",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "turnpike", targets: ["TurnpikeCommand"]),
        .library(name: "turnpike-clock", type: .dynamic, targets: ["ClockShim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1",
            traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: targets
)
