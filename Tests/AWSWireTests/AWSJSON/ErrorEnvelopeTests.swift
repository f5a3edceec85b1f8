import AWSWire
import MeteringAPI
import Testing

@Suite("Errors as they are sent")
struct ErrorEnvelopeTests {
    @Test("An exception of the model carries its name, its text and 400", arguments: exceptions)
    func exception(exception: MeteringException) {
        let envelope = ErrorEnvelope(exception)
        #expect(envelope.status == (exception == .internalServiceError ? 500 : 400))
        #expect(envelope.type == exception.rawValue)
        #expect(envelope.message?.isEmpty == false)
        #expect(body(envelope).hasPrefix(#"{"__type":"\#(exception.rawValue)","message":""#))
    }

    private static let exceptions = MeteringException.allCases

    /// An error and its whole body.
    private static let bodies: [(ErrorEnvelope, Int, String)] = [
        (.unreadable, 400, #"{"__type":"SerializationException"}"#),
        (.unknownOperation, 400, #"{"__type":"UnknownOperationException"}"#),
        (
            .tooLarge, 413,
            #"{"__type":"RequestEntityTooLargeException","message":"Request size exceeds 1 MB"}"#
        ),
        (
            AuthenticationFailure.expiredToken.envelope, 400,
            #"{"__type":"com.amazon.coral.service#ExpiredTokenException","#
                + #""message":"The security token included in the request is expired"}"#
        ),
        (
            ErrorEnvelope(.invalidToken), 400,
            #"{"__type":"InvalidTokenException","message":"Registration token is invalid"}"#
        ),
        (
            ErrorEnvelope(type: "T", message: "\"quoted\" \\ \n è"), 400,
            #"{"__type":"T","message":"\"quoted\" \\ \u000a è"}"#
        ),
    ]

    @Test("The body is one object of the type and the message", arguments: bodies)
    func body(envelope: ErrorEnvelope, status: Int, expected: String) {
        #expect(envelope.status == status)
        #expect(body(envelope) == expected)
    }

    @Test("A type error spells its key with a capital letter, as Coral does")
    func serialization() throws {
        let error = try #require(throws: SerializationError.self) {
            try decode(MeterUsageRequest.self, #"{"UsageQuantity":"1"}"#)
        }
        #expect(
            body(ErrorEnvelope(error))
                == #"{"__type":"SerializationException","#
                + #""Message":"STRING_VALUE can not be converted to an Integer"}"#)
    }

    @Test("Violations of constraints are one ValidationException")
    func validation() throws {
        let violations = ResolveCustomerRequest(registrationToken: nil).violations(of: APIModel())
        #expect(
            body(ErrorEnvelope(violations: violations))
                == #"{"__type":"ValidationException","message":"1 validation error detected: "#
                + #"Value null at 'registrationToken' failed to satisfy constraint: "#
                + #"Member must not be null"}"#)
    }

    @Test("The name leaves out the namespace")
    func name() {
        #expect(AuthenticationFailure.expiredToken.envelope.name == "ExpiredTokenException")
        #expect(ErrorEnvelope(.expiredToken).name == "ExpiredTokenException")
    }

    private func body(_ envelope: ErrorEnvelope) -> String {
        String(decoding: envelope.awsJSON, as: UTF8.self)
    }
}
