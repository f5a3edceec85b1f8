import AWSWire
import MeteringAPI
import Testing

@Suite("Requests as they are read")
struct AWSJSONRequestTests {
    @Test("Every member of BatchMeterUsage is read")
    func batchMeterUsage() throws {
        let decoded = try decode(
            BatchMeterUsageRequest.self,
            #"""
            {"ProductCode":"p","UsageRecords":[
             {"Timestamp":1440936000.5,"CustomerIdentifier":"c","CustomerAWSAccountId":"1",
              "LicenseArn":"arn","Dimension":"d","Quantity":3,"QuantityAsDecimal":"3.0",
              "UsageAllocations":[
               {"AllocatedUsageQuantity":1,"Tags":[{"Key":"k","Value":"v"},{"Key":"l"}]},
               {"AllocatedUsageQuantityAsDecimal":"2"}]},
             {}]}
            """#)
        let allocations = [
            UsageAllocation(
                quantity: SentQuantity(integer: 1),
                tags: [Tag(key: "k", value: "v"), Tag(key: "l", value: nil)]),
            UsageAllocation(quantity: SentQuantity(decimal: "2")),
        ]
        let record = UsageRecord(
            timestamp: Timestamp(milliseconds: 1_440_936_000_500), customerIdentifier: "c",
            customerAWSAccountID: "1", dimension: "d",
            quantity: SentQuantity(integer: 3, decimal: "3.0"), allocations: allocations,
            licenseARN: "arn")
        #expect(
            decoded.request
                == BatchMeterUsageRequest(productCode: "p", usageRecords: [record, UsageRecord()]))
        #expect(decoded.ignoredMembers == [])
        #expect(decoded.notes == [])
    }

    @Test("Every member of MeterUsage is read")
    func meterUsage() throws {
        let decoded = try decode(
            MeterUsageRequest.self,
            #"""
            {"ProductCode":"p","Timestamp":1,"UsageDimension":"d","UsageQuantity":2,
             "UsageQuantityAsDecimal":"2.5","DryRun":true,"ClientToken":"t",
             "UsageAllocations":[{"AllocatedUsageQuantity":2}]}
            """#)
        var expected = MeterUsageRequest()
        expected.productCode = "p"
        expected.timestamp = Timestamp(seconds: 1)
        expected.usageDimension = "d"
        expected.quantity = SentQuantity(integer: 2, decimal: "2.5")
        expected.dryRun = true
        expected.clientToken = "t"
        expected.allocations = [UsageAllocation(quantity: SentQuantity(integer: 2))]
        #expect(decoded.request == expected)
        #expect(decoded.ignoredMembers == [])
    }

    @Test("Every member of RegisterUsage and ResolveCustomer is read")
    func theOthers() throws {
        let registration = try decode(
            RegisterUsageRequest.self,
            #"{"ProductCode":"p","PublicKeyVersion":1,"Nonce":"n"}"#
        ).request
        #expect(registration.productCode == "p")
        #expect(registration.publicKeyVersion == 1)
        #expect(registration.nonce == "n")
        let resolution = try decode(
            ResolveCustomerRequest.self, #"{"RegistrationToken":"a+b/c="}"#
        ).request
        #expect(resolution.registrationToken == "a+b/c=")
    }

    @Test("A null is an absent member, in every place")
    func nulls() throws {
        let batch = #"{"ProductCode":null,"UsageRecords":null}"#
        #expect(
            try decode(BatchMeterUsageRequest.self, batch).request
                == BatchMeterUsageRequest(usageRecords: nil))
        let record = #"""
            {"UsageRecords":[null,{"Timestamp":null,"CustomerIdentifier":null,"Dimension":null,
             "CustomerAWSAccountId":null,"LicenseArn":null,"Quantity":null,
             "QuantityAsDecimal":null,"UsageAllocations":null}]}
            """#
        #expect(
            try decode(BatchMeterUsageRequest.self, record).request.usageRecords
                == [UsageRecord(), UsageRecord()])
        let meter = #"""
            {"ProductCode":null,"Timestamp":null,"UsageDimension":null,"UsageQuantity":null,
             "UsageQuantityAsDecimal":null,"DryRun":null,"ClientToken":null,"UsageAllocations":[
              null,{"AllocatedUsageQuantity":null,"AllocatedUsageQuantityAsDecimal":null,
              "Tags":null},{"Tags":[null,{"Key":null,"Value":null}]}]}
            """#
        var expected = MeterUsageRequest()
        let noTag = Tag(key: nil, value: nil)
        expected.allocations = [
            UsageAllocation(quantity: SentQuantity()), UsageAllocation(quantity: SentQuantity()),
            UsageAllocation(quantity: SentQuantity(), tags: [noTag, noTag]),
        ]
        #expect(try decode(MeterUsageRequest.self, meter).request == expected)
    }

    @Test("The last of two members counts, and a null takes the first one back")
    func duplicates() throws {
        let request = try decode(
            BatchMeterUsageRequest.self,
            #"{"ProductCode":"a","UsageRecords":[{}],"ProductCode":"b","UsageRecords":null}"#
        ).request
        #expect(request == BatchMeterUsageRequest(productCode: "b", usageRecords: nil))
    }

    @Test("A member's name may be escaped, and its case counts")
    func names() throws {
        let decoded = try decode(
            ResolveCustomerRequest.self,
            #"{"Registration\u0054oken":"t","registrationToken":"u","REGISTRATIONTOKEN":"v"}"#)
        #expect(decoded.request.registrationToken == "t")
        #expect(decoded.ignoredMembers == ["registrationToken", "REGISTRATIONTOKEN"])
    }

    /// A member that some contracts do not know, a request with it, and what switches it off.
    private static let younger: [(String, @Sendable (inout APIModel) -> Void)] = [
        ("UsageRecords[0].CustomerAWSAccountId", { $0.hasCustomerAWSAccountID = false }),
        ("UsageRecords[0].LicenseArn", { $0.hasLicenseARN = false }),
        ("UsageRecords[0].QuantityAsDecimal", { $0.hasDecimals = false }),
        (
            "UsageRecords[0].UsageAllocations[0].AllocatedUsageQuantityAsDecimal",
            { $0.hasDecimals = false }
        ),
    ]

    @Test("A member that the contract does not know is dropped and named", arguments: younger)
    func unknownToTheContract(
        path: String, restrict: @Sendable (inout APIModel) -> Void
    ) throws {
        let body = #"""
            {"UsageRecords":[{"CustomerAWSAccountId":"1","LicenseArn":"arn",
             "QuantityAsDecimal":"1.5","UsageAllocations":[
              {"AllocatedUsageQuantityAsDecimal":"1.5"}]}]}
            """#
        var model = APIModel()
        #expect(try decode(BatchMeterUsageRequest.self, body, model).ignoredMembers == [])
        restrict(&model)
        let decoded = try decode(BatchMeterUsageRequest.self, body, model)
        #expect(decoded.ignoredMembers.contains(path))
        let record = try #require(decoded.request.usageRecords?.first)
        #expect((record.customerAWSAccountID == nil) == !model.hasCustomerAWSAccountID)
        #expect((record.licenseARN == nil) == !model.hasLicenseARN)
        #expect((record.quantity.decimal == nil) == !model.hasDecimals)
        #expect((record.allocations?.first?.quantity.decimal == nil) == !model.hasDecimals)
    }

    @Test("MeterUsage drops its younger members under the older contracts")
    func meterUsageOfOldContracts() throws {
        var model = APIModel()
        model.hasClientToken = false
        model.hasDecimals = false
        let decoded = try decode(
            MeterUsageRequest.self, #"{"ClientToken":"t","UsageQuantityAsDecimal":"1"}"#, model)
        #expect(decoded.request == MeterUsageRequest())
        #expect(decoded.ignoredMembers == ["ClientToken", "UsageQuantityAsDecimal"])
    }

    @Test("What an unknown member holds is not looked at, and its type does not matter")
    func unknownValues() throws {
        var model = APIModel()
        model.hasLicenseARN = false
        let decoded = try decode(
            BatchMeterUsageRequest.self,
            #"{"Extra":{"a":[1,{"b":null}]},"UsageRecords":[{"LicenseArn":[7],"X":{}}]}"#, model)
        #expect(decoded.request.usageRecords == [UsageRecord()])
        #expect(
            decoded.ignoredMembers
                == ["Extra", "UsageRecords[0].LicenseArn", "UsageRecords[0].X"])
    }

    @Test("At most twenty unknown members are named, each in at most 200 characters")
    func manyUnknownMembers() throws {
        let name = String(repeating: "n", count: 5000)
        let members = (0..<1000).map { "\"\($0)\(name)\":1" }.joined(separator: ",")
        let decoded = try decode(ResolveCustomerRequest.self, "{\(members)}")
        #expect(decoded.ignoredMembers.count == 20)
        #expect(decoded.ignoredMembers.allSatisfy { $0.count == 200 })
    }

    /// A number in the request, what is read, and the sentence about it.
    private static let fractions: [(String, Int64, String?)] = [
        ("3", 3, nil), ("3.0", 3, nil), ("3.9", 3, "was rounded down to 3"),
        ("-0.5", -1, "was rounded down to -1"), ("2147483647.5", 2_147_483_647, "rounded down"),
        ("2147483648", 2_147_483_648, nil), ("1e400", .max, nil), ("-0", 0, nil),
    ]

    @Test("A fraction is rounded down, and a sentence says so", arguments: fractions)
    func fraction(spelling: String, expected: Int64, note: String?) throws {
        let decoded = try decode(
            BatchMeterUsageRequest.self, #"{"UsageRecords":[{},{"Quantity":\#(spelling)}]}"#)
        #expect(decoded.request.usageRecords?.last?.quantity.integer == expected)
        #expect(decoded.notes.count == (note == nil ? 0 : 1))
        if let note {
            #expect(decoded.notes.first?.contains(note) == true)
            #expect(decoded.notes.first?.hasPrefix("UsageRecords[1].Quantity: ") == true)
        }
    }

    @Test("Far too many records are read, and as many kept as show that they are too many")
    func manyRecords() throws {
        let records = String(repeating: "{},", count: 300_000)
        let body = "{\"UsageRecords\":[\(records){}]}"
        #expect(try decode(BatchMeterUsageRequest.self, body).request.usageRecords?.count == 1000)
        let error = try #require(throws: SerializationError.self) {
            try decode(BatchMeterUsageRequest.self, "{\"UsageRecords\":[\(records)7]}")
        }
        #expect(error.path == "UsageRecords[300000]")
    }
}
