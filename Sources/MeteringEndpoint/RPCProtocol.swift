package import AWSWire
import HTTPTypes
import MeteringAPI
package import WebServer

/// Smithy's RPC v2 protocol with CBOR, which newer SDKs speak with the entitlement service.
///
/// Bodies are brought to JSON and back at the edge, so that everything between is as for AWS JSON.
package enum RPCProtocol {
    package static let contentType = "application/cbor"
    package static let name = "rpc-v2-cbor"
    static let pathPrefix = "/service/"

    /// The one operation that is offered over it.
    private static let path = "/service/AWSMPEntitlementService/operation/GetEntitlements"

    private static let types = CBORWriter.Types(
        times: ["ExpirationDate"], doubles: ["DoubleValue"])

    /// Whether a request is in the protocol RPC v2, by its path.
    package static func isUsed(by request: PlainRequest) -> Bool {
        request.path.hasPrefix(pathPrefix)
    }

    static func pass(_ request: PlainRequest) -> ProtocolGate.Passage {
        let reason: String
        switch request {
        case _ where request.method != .post: reason = "the method is not POST"
        case _ where request.path != path:
            reason = ClosedDoor.reason(request) ?? "the path is not \(path)"
        case _ where request.headers[.smithyProtocol] != name:
            reason = "the header smithy-protocol is not \(name)"
        case _ where request.headers[.contentType] != contentType:
            reason = "the content type is not \(contentType)"
        default: return .operation(GetEntitlements.self)
        }
        var response = EndpointAnswer.plain(.unknownOperation)
        response.status = .notFound
        return .answer(response, reason: reason)
    }

    /// The JSON of a request's body.
    package static func json(of body: [UInt8]) throws(JSONSyntaxError) -> JSONDocument {
        let json: [UInt8]
        do throws(CBORReader.Failure) {
            json = try CBORReader.json(of: body)
        } catch {
            throw JSONSyntaxError(offset: error.offset, reason: error.reason)
        }
        return try JSONDocument(parsing: json)
    }

    /// Brings an answer of JSON to CBOR; what is no JSON stays what it is.
    static func translate(_ response: inout PlainResponse) {
        guard let body = CBORWriter.cbor(of: response.body, types) else { return }
        response.body = body
        response.headers[.contentType] = contentType
        response.headers[.smithyProtocol] = name
    }
}

extension HTTPField.Name {
    static let smithyProtocol = Self("smithy-protocol")!
}
