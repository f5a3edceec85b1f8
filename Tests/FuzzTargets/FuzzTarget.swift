import InMemoryStore
import Logging
import Marketplace
import TurnpikeServer

/// A part of the server that takes bytes from anyone, and what must hold whatever they are.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// JSON that is read can be written, and reads the same.
    case json
    /// CBOR that is read is JSON, and written again it reads the same.
    case cbor
    /// The members of each operation.
    case decoding
    /// Only what was signed is taken for its sender's.
    case signature
    /// Any body, signed well: it gets behind the signature check.
    case operations
    /// Any method, path, headers and body.
    case requests
    /// The same, from the control API's requests.
    case control

    /// The inputs that mutation begins with.
    package var corpus: [[UInt8]] {
        switch self {
        case .json: Corpus.json
        case .cbor: Corpus.cbor
        case .decoding: Corpus.bodies
        case .signature: SignedSample.all.map(\.text.bytes)
        case .operations: Corpus.operations
        case .requests: SignedSample.all.map(\.text.bytes) + Corpus.requests
        case .control: Corpus.control
        }
    }
}

/// Something that must not happen, as a sentence.
package struct FuzzFinding: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Runs inputs through one target.
package actor FuzzTrial {
    private let target: FuzzTarget
    private var application: TurnpikeApplication?
    private var runs = 0

    /// Inputs that share a marketplace; then a fresh one keeps memory and time bounded.
    private static let runsPerMarketplace = 500

    package init(_ target: FuzzTarget) {
        self.target = target
    }

    /// Throws what must not happen, and does nothing else.
    package func run(_ bytes: [UInt8]) async throws {
        switch target {
        case .json: try JSONFuzzing.run(bytes)
        case .cbor: try CBORFuzzing.run(bytes)
        case .decoding: try DecodingFuzzing.run(bytes)
        case .signature: try SignatureFuzzing.run(bytes)
        case .operations: try await ExchangeFuzzing(marketplace()).operation(bytes)
        case .requests, .control: try await ExchangeFuzzing(marketplace()).request(bytes)
        }
    }

    private func marketplace() async throws -> TurnpikeApplication {
        defer { runs += 1 }
        if let application, !runs.isMultiple(of: Self.runsPerMarketplace) { return application }
        var configuration = TurnpikeConfiguration()
        configuration.isDemo = true
        let fresh = try await TurnpikeApplication(
            configuration, store: InMemoryStore(),
            logger: Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() }),
            realClock: { SignedSample.now })
        application = fresh
        return fresh
    }
}
