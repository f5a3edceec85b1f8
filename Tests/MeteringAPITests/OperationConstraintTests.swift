import MeteringAPI
import Testing

@Suite("Constraints of the other members and operations")
struct OperationConstraintTests {
    private static let long = String(repeating: "x", count: 256)
    private static let tagPattern =
        #"Member must satisfy regular expression pattern: ^[a-zA-Z0-9+ -=._:\/@]+$"#

    /// Allocations, the paths below `usageAllocations` and the constraints that they break.
    private static let allocations: [([UsageAllocation], [String], [String])] = [
        ([], [""], ["Member must have length greater than or equal to 1"]),
        ([allocation(1, nil)], [], []),
        (Array(repeating: allocation(1, nil), count: 2500), [], []),
        (
            Array(repeating: allocation(1, nil), count: 2501), [""],
            ["Member must have length less than or equal to 2500"]
        ),
        (
            [UsageAllocation(quantity: SentQuantity())], [".1.member.allocatedUsageQuantity"],
            ["Member must not be null"]
        ),
        ([UsageAllocation(quantity: SentQuantity(decimal: "0.5"))], [], []),
        (
            [UsageAllocation(quantity: SentQuantity(integer: 1, decimal: "1"))],
            [".1.member.allocatedUsageQuantityAsDecimal"],
            ["Member must be null when the whole-number quantity is present"]
        ),
        (
            [allocation(1, nil), allocation(-1, nil)], [".2.member.allocatedUsageQuantity"],
            ["Member must have value greater than or equal to 0"]
        ),
        (
            [allocation(1, [])], [".1.member.tags"],
            ["Member must have length greater than or equal to 1"]
        ),
        ([allocation(1, Array(repeating: tag("k", "v"), count: 5))], [], []),
        (
            [allocation(1, Array(repeating: tag("k", "v"), count: 6))], [".1.member.tags"],
            ["Member must have length less than or equal to 5"]
        ),
        (
            [allocation(1, [tag("k", "v"), tag(nil, nil)])],
            [".1.member.tags.2.member.key", ".1.member.tags.2.member.value"],
            ["Member must not be null", "Member must not be null"]
        ),
        (
            [allocation(1, [tag("", "v")])],
            [".1.member.tags.1.member.key", ".1.member.tags.1.member.key"],
            ["Member must have length greater than or equal to 1", tagPattern]
        ),
        ([allocation(1, [tag("k", "é")])], [".1.member.tags.1.member.value"], [tagPattern]),
        (
            [allocation(1, [tag(String(long.prefix(100)), long)])], [], []
        ),
        (
            [allocation(1, [tag(String(long.prefix(101)), long + "x")])],
            [".1.member.tags.1.member.key", ".1.member.tags.1.member.value"],
            [
                "Member must have length less than or equal to 100",
                "Member must have length less than or equal to 256",
            ]
        ),
    ]

    @Test("Allocations keep their constraints in both operations", arguments: allocations)
    func allocationConstraints(
        allocations: [UsageAllocation], paths: [String], constraints: [String]
    ) {
        var record = ConstraintTests.goodRecord
        record.allocations = allocations
        let batch = BatchMeterUsageRequest(usageRecords: [record]).violations(of: APIModel())
        #expect(batch.map(\.path) == paths.map { "usageRecords.1.member.usageAllocations\($0)" })
        #expect(batch.map(\.constraint) == constraints)
        var request = Self.goodMeterUsage
        request.allocations = allocations
        let meter = request.violations(of: APIModel())
        #expect(meter.map(\.path) == paths.map { "usageAllocations\($0)" })
        #expect(meter.map(\.constraint) == constraints)
    }

    @Test("Both forms of a quantity at once are a violation, in every place")
    func bothForms() {
        let both = SentQuantity(integer: 17, decimal: "17.00")
        var record = ConstraintTests.goodRecord
        record.quantity = both
        let batch = BatchMeterUsageRequest(usageRecords: [record]).violations(of: APIModel())
        #expect(batch.map(\.path) == ["usageRecords.1.member.quantityAsDecimal"])
        var request = Self.goodMeterUsage
        request.quantity = both
        #expect(request.violations(of: APIModel()).map(\.path) == ["usageQuantityAsDecimal"])
    }

    @Test("MeterUsage without its required members is told of each, in the model's order")
    func emptyMeterUsage() {
        let violations = MeterUsageRequest().violations(of: APIModel())
        #expect(violations.map(\.path) == ["productCode", "timestamp", "usageDimension"])
        #expect(violations.allSatisfy { $0.constraint == "Member must not be null" })
        #expect(Self.goodMeterUsage.violations(of: APIModel()) == [])
    }

    /// A client token and the constraint that it breaks.
    private static let clientTokens: [(String, String?)] = [
        ("", "Member must have length greater than or equal to 1"), ("t", nil),
        (String(long.prefix(64)), nil),
        (String(long.prefix(65)), "Member must have length less than or equal to 64"),
    ]

    @Test("A client token has 1 to 64 characters", arguments: clientTokens)
    func clientToken(token: String, constraint: String?) {
        var request = Self.goodMeterUsage
        request.clientToken = token
        #expect(
            request.violations(of: APIModel()).map(\.constraint) == [constraint].compactMap(\.self))
    }

    @Test("RegisterUsage needs a product and a positive key version")
    func registerUsage() {
        var request = RegisterUsageRequest()
        #expect(
            request.violations(of: APIModel()).map(\.path) == ["productCode", "publicKeyVersion"])
        request.productCode = "p"
        request.publicKeyVersion = 0
        #expect(
            request.violations(of: APIModel()).validationMessage
                == "1 validation error detected: Value '0' at 'publicKeyVersion' failed to "
                + "satisfy constraint: Member must have value greater than or equal to 1")
        request.publicKeyVersion = 1
        request.nonce = ""
        #expect(request.violations(of: APIModel()) == [])
        request.nonce = Self.long
        #expect(request.violations(of: APIModel()).map(\.path) == ["nonce"])
    }

    @Test("ResolveCustomer needs a token that is not empty")
    func resolveCustomer() {
        #expect(
            ResolveCustomerRequest(registrationToken: nil).violations(of: APIModel())
                .map(\.constraint) == ["Member must not be null"])
        #expect(
            ResolveCustomerRequest(registrationToken: "").violations(of: APIModel())
                .validationMessage
                == "1 validation error detected: Value '' at 'registrationToken' failed to "
                + #"satisfy constraint: Member must satisfy regular expression pattern: [\s\S]+"#)
        #expect(
            ResolveCustomerRequest(registrationToken: "+/=").violations(of: APIModel()) == [])
    }

    /// A product code and the constraint that it breaks.
    private static let productCodes: [(String, String?)] = [
        ("", nil), ("a290sds6en72spp3ph4q890es", nil), ("-/=:_.@", nil),
        (String(long.prefix(255)), nil),
        (long, "Member must have length less than or equal to 255"),
        ("a b", "Member must satisfy regular expression pattern: ^[-a-zA-Z0-9/=:_.@]*$"),
        ("é", "Member must satisfy regular expression pattern: ^[-a-zA-Z0-9/=:_.@]*$"),
    ]

    @Test("A product code keeps one constraint in all operations", arguments: productCodes)
    func productCode(code: String, constraint: String?) {
        var meter = Self.goodMeterUsage
        meter.productCode = code
        var registration = RegisterUsageRequest()
        registration.productCode = code
        registration.publicKeyVersion = 1
        let batch = BatchMeterUsageRequest(productCode: code, usageRecords: [])
        let expected = [constraint].compactMap(\.self)
        for violations in [
            meter.violations(of: APIModel()), registration.violations(of: APIModel()),
            batch.violations(of: APIModel()),
        ] {
            #expect(violations.map(\.constraint) == expected)
            #expect(violations.allSatisfy { $0.path == "productCode" })
        }
    }

    @Test("Older models require what newer ones do not")
    func olderModels() {
        var model = APIModel()
        let record = ConstraintTests.goodRecord
        let request = BatchMeterUsageRequest(usageRecords: [record])
        #expect(request.violations(of: model) == [])
        model.requiresBatchProductCode = true
        #expect(request.violations(of: model).map(\.path) == ["productCode"])
        model.requiresCustomerIdentifier = true
        #expect(
            request.violations(of: model).map(\.path)
                == ["usageRecords.1.member.customerIdentifier", "productCode"])
        model.productCodeMinimumLength = 1
        var meter = Self.goodMeterUsage
        meter.productCode = ""
        #expect(
            meter.violations(of: model).map(\.constraint)
                == ["Member must have length greater than or equal to 1"])
    }

    private static func tag(_ key: String?, _ value: String?) -> MeteringAPI.Tag {
        MeteringAPI.Tag(key: key, value: value)
    }

    private static func allocation(
        _ quantity: Int64, _ tags: [MeteringAPI.Tag]?
    ) -> UsageAllocation {
        UsageAllocation(quantity: SentQuantity(integer: quantity), tags: tags)
    }

    private static let goodMeterUsage: MeterUsageRequest = {
        var request = MeterUsageRequest()
        request.productCode = "p"
        request.timestamp = Timestamp(seconds: 1_440_936_000)
        request.usageDimension = "hours"
        return request
    }()
}
