package import Marketplace
package import MeteringEndpoint
import WebServer

/// All that a server is told at its start.
package struct TurnpikeConfiguration: Sendable {
    /// Where the marketplace is kept.
    package enum Storage: Sendable, Hashable {
        case memory
        /// A SQLite file by its path; it is made when it does not exist.
        case file(String)

        /// Where that is, for a sentence.
        package var place: String {
            switch self {
            case .memory: "in memory"
            case .file(let path): "in \(path)"
            }
        }
    }

    /// A seed file's name, for messages, and its text.
    package struct Seed: Sendable, Hashable {
        package var name: String
        package var text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    package var host = "127.0.0.1"
    /// 0 takes a free one.
    package var port = Self.defaultPort
    package var storage = Storage.memory
    package var seed: Seed?
    package var isDemo = false
    package var contract = Contract.newest
    package var authentication = AuthenticationMode.verified
    package var windowAlignment = WindowAlignment.raw
    /// What the control API asks for; a secret.
    package var controlToken: String?
    /// Whether answers carry `x-turnpike-explanation`; nil: where the server is bound to loopback.
    package var explainsInHeader: Bool?

    /// Whether events may be delivered to other machines.
    package var allowsRemoteTargets = false

    package static let defaultPort = 8655

    package init() {}

    /// Whether only this machine can connect.
    package var isLoopback: Bool { Loopback.isName(host) }
}

/// Why a server could not start: one sentence that names the thing, the reason and the way out.
package struct StartFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
