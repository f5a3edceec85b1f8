import AWSWire
import MeteringAPI
import Testing

@Suite("Values of the wrong type")
struct TypeMismatchTests {
    private static let list = "Start of list found where not expected"
    private static let structure = "Start of structure or map found where not expected."

    /// A value and the words for it in AWS's texts.
    private static let scalars = [
        ("\"23\"", "STRING_VALUE"), ("23", "NUMBER_VALUE"), ("1.5e3", "NUMBER_VALUE"),
        ("true", "TRUE_VALUE"), ("false", "FALSE_VALUE"),
    ]

    /// A member with its type's words, and the scalars that it takes.
    private static let members: [(path: String, type: String, takes: Set<String>)] = [
        ("ProductCode", "a String", ["STRING_VALUE"]),
        ("UsageDimension", "a String", ["STRING_VALUE"]),
        ("UsageQuantityAsDecimal", "a String", ["STRING_VALUE"]),
        ("ClientToken", "a String", ["STRING_VALUE"]),
        ("UsageQuantity", "an Integer", ["NUMBER_VALUE"]),
        ("DryRun", "a Boolean", ["TRUE_VALUE", "FALSE_VALUE"]),
        ("Timestamp", "milliseconds since epoch", ["NUMBER_VALUE"]),
    ]

    @Test("A scalar of another type is refused with AWS's text", arguments: scalars, members)
    func scalar(
        value: (String, String), member: (path: String, type: String, takes: Set<String>)
    ) throws {
        let body = "{\"\(member.path)\":\(value.0)}"
        guard !member.takes.contains(value.1) else {
            _ = try decode(MeterUsageRequest.self, body)
            return
        }
        let error = try mismatch(MeterUsageRequest.self, body)
        #expect(error.message == "\(value.1) can not be converted to \(member.type)")
        #expect(error.path == member.path)
    }

    @Test("A list or an object in a scalar's place is refused", arguments: members)
    func aggregate(member: (path: String, type: String, takes: Set<String>)) throws {
        let lists = try mismatch(MeterUsageRequest.self, "{\"\(member.path)\":[]}")
        #expect(lists.message == Self.list)
        let objects = try mismatch(MeterUsageRequest.self, "{\"\(member.path)\":{}}")
        #expect(objects.message == Self.structure)
        #expect(objects.path == member.path)
    }

    /// A body of BatchMeterUsage, the text, and where the value stands.
    private static let aggregates: [(String, String, String)] = [
        (#"{"UsageRecords":"x"}"#, "Expected list or null", "UsageRecords"),
        (#"{"UsageRecords":1}"#, "Expected list or null", "UsageRecords"),
        (#"{"UsageRecords":true}"#, "Expected list or null", "UsageRecords"),
        (#"{"UsageRecords":{}}"#, structure, "UsageRecords"),
        (#"{"UsageRecords":[{},"x"]}"#, "Expected null", "UsageRecords[1]"),
        (#"{"UsageRecords":[1]}"#, "Expected null", "UsageRecords[0]"),
        (#"{"UsageRecords":[false]}"#, "Expected null", "UsageRecords[0]"),
        (#"{"UsageRecords":[[]]}"#, list, "UsageRecords[0]"),
        (
            #"{"UsageRecords":[{"Quantity":"1"}]}"#,
            "STRING_VALUE can not be converted to an Integer", "UsageRecords[0].Quantity"
        ),
        (
            #"{"UsageRecords":[{"QuantityAsDecimal":1.5}]}"#,
            "NUMBER_VALUE can not be converted to a String", "UsageRecords[0].QuantityAsDecimal"
        ),
        (
            #"{"UsageRecords":[{"Timestamp":"2026-01-02T03:04:05Z"}]}"#,
            "STRING_VALUE can not be converted to milliseconds since epoch",
            "UsageRecords[0].Timestamp"
        ),
        (
            #"{"UsageRecords":[{"UsageAllocations":{}}]}"#, structure,
            "UsageRecords[0].UsageAllocations"
        ),
        (
            #"{"UsageRecords":[{"UsageAllocations":[{},7]}]}"#, "Expected null",
            "UsageRecords[0].UsageAllocations[1]"
        ),
        (
            #"{"UsageRecords":[{"UsageAllocations":[{"AllocatedUsageQuantity":[]}]}]}"#, list,
            "UsageRecords[0].UsageAllocations[0].AllocatedUsageQuantity"
        ),
        (
            #"{"UsageRecords":[{"UsageAllocations":[{"Tags":"x"}]}]}"#, "Expected list or null",
            "UsageRecords[0].UsageAllocations[0].Tags"
        ),
        (
            #"{"UsageRecords":[{"UsageAllocations":[{"Tags":[{},[]]}]}]}"#, list,
            "UsageRecords[0].UsageAllocations[0].Tags[1]"
        ),
        (
            #"{"UsageRecords":[{"UsageAllocations":[{"Tags":[{"Key":1}]}]}]}"#,
            "NUMBER_VALUE can not be converted to a String",
            "UsageRecords[0].UsageAllocations[0].Tags[0].Key"
        ),
    ]

    @Test("The text names the types, and the path the place", arguments: aggregates)
    func nested(body: String, message: String, path: String) throws {
        let error = try mismatch(BatchMeterUsageRequest.self, body)
        #expect(error.message == message)
        #expect(error.path == path)
    }

    @Test("A body that is no object is refused by every operation", arguments: ["[]", "1", "\"\""])
    func body(text: String) throws {
        _ = try mismatch(BatchMeterUsageRequest.self, text)
        _ = try mismatch(MeterUsageRequest.self, text)
        _ = try mismatch(RegisterUsageRequest.self, text)
        _ = try mismatch(ResolveCustomerRequest.self, text)
    }

    @Test("The version of a key is a number, the other members of RegisterUsage are strings")
    func registerUsage() throws {
        #expect(
            try mismatch(RegisterUsageRequest.self, #"{"PublicKeyVersion":"1"}"#).message
                == "STRING_VALUE can not be converted to an Integer")
        #expect(
            try mismatch(RegisterUsageRequest.self, #"{"Nonce":1}"#).message
                == "NUMBER_VALUE can not be converted to a String")
    }

    private func mismatch<Request: AWSJSONRequest>(
        _ type: Request.Type, _ body: String
    ) throws -> SerializationError {
        try #require(throws: SerializationError.self) { try decode(type, body) }
    }
}
