package import MeteringAPI

/// An error as AWS JSON 1.1 carries it: `__type`, a message, an HTTP status.
package struct ErrorEnvelope: Sendable, Hashable {
    package let type: String
    package let message: String?
    package let status: Int
    /// Coral spells the key of its own SerializationException with a capital letter.
    package let messageKey: StaticMessageKey

    /// How the member that holds the message is spelled: `message` or `Message`.
    package enum StaticMessageKey: Sendable { case message, capitalMessage }

    package init(
        type: String, message: String?, status: Int = 400,
        messageKey: StaticMessageKey = .message
    ) {
        self.type = type
        self.message = message
        self.status = status
        self.messageKey = messageKey
    }

    package init(_ exception: MeteringException) {
        self.init(type: exception.name, message: exception.message, status: exception.status)
    }

    package init(_ error: SerializationError) {
        self.init(
            type: "SerializationException", message: error.message, messageKey: .capitalMessage)
    }

    package init(violations: [Violation]) {
        self.init(type: "ValidationException", message: violations.validationMessage)
    }

    /// The error of an answer; nil where its body is none in AWS JSON.
    package init?(status: Int, body: [UInt8]) {
        guard let root = try? JSONDocument(parsing: body).root,
            let type = root["__type"], type.kind == .string
        else { return nil }
        let plain = root["message"], capital = root["Message"]
        self.init(
            type: type.text, message: (plain ?? capital).flatMap(\.textIfThere), status: status,
            messageKey: plain == nil && capital != nil ? .capitalMessage : .message)
    }

    /// What stands before a `#` and the name of some of the framework's own errors.
    static let frameworkNamespace = "com.amazon.coral.service#"

    /// What is empty or no JSON at all.
    package static let unreadable = ErrorEnvelope(type: "SerializationException", message: nil)

    package static let unknownOperation = ErrorEnvelope(
        type: "UnknownOperationException", message: nil)

    package static let tooLarge = ErrorEnvelope(
        type: "RequestEntityTooLargeException", message: "Request size exceeds 1 MB", status: 413)

    /// What is said where there is no room for a request; SDKs send it again.
    package static let noRoom = ErrorEnvelope(
        type: "ServiceUnavailableException",
        message: "The bodies of other requests take all the room: send it again", status: 503)

    /// The body.
    package var awsJSON: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("__type", type)
            switch messageKey {
            case .message: writer.member("message", message)
            case .capitalMessage: writer.member("Message", message)
            }
        }
        return writer.bytes
    }

    /// The name without its namespace, which logs and tables show.
    package var name: String { type.split(separator: "#").last.map(String.init) ?? type }
}

extension JSONValue {
    fileprivate var textIfThere: String? { kind == .string ? text : nil }
}
