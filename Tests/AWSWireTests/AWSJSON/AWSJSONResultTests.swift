import AWSWire
import MeteringAPI
import Testing

@Suite("Results as they are sent")
struct AWSJSONResultTests {
    private static let id = MeteringRecordID("35155d37-56cb-423f-8554-5c4f3e3ff56d")

    @Test("A record is echoed with the members and the spelling that were sent")
    func echo() throws {
        let decoded = try decode(
            BatchMeterUsageRequest.self,
            #"""
            {"UsageRecords":[
             {"Quantity":3.7,"Dimension":"users","Timestamp":1440936000.25,
              "CustomerIdentifier":"c","LicenseArn":null,"Unknown":1},
             {"QuantityAsDecimal":"17.00","Timestamp":1.440936E9,"CustomerAWSAccountId":"1",
              "Dimension":"\u0064\"","UsageAllocations":[
               {"AllocatedUsageQuantityAsDecimal":"17.0","Tags":[{"Key":"k","Value":"v"}]}]}]}
            """#)
        let records = try #require(decoded.request.usageRecords)
        let result = BatchMeterUsageResult(
            results: [
                UsageRecordResult(
                    usageRecord: records[0], meteringRecordID: Self.id, status: .success)
            ], unprocessedRecords: [records[1]])
        #expect(
            text(result)
                == #"{"Results":[{"UsageRecord":{"Timestamp":1440936000.25,"#
                + #""CustomerIdentifier":"c","Dimension":"users","Quantity":3},"#
                + #""MeteringRecordId":"35155d37-56cb-423f-8554-5c4f3e3ff56d","#
                + #""Status":"Success"}],"UnprocessedRecords":[{"Timestamp":1440936000,"#
                + #""CustomerAWSAccountId":"1","Dimension":"d\"","QuantityAsDecimal":"17.00","#
                + #""UsageAllocations":[{"AllocatedUsageQuantityAsDecimal":"17.0","#
                + #""Tags":[{"Key":"k","Value":"v"}]}]}]}"#)
    }

    @Test("A record without an id has no member for it, and an empty answer has both lists")
    func absentMembers() {
        let result = BatchMeterUsageResult(results: [
            UsageRecordResult(
                usageRecord: UsageRecord(), meteringRecordID: nil, status: .customerNotSubscribed)
        ])
        #expect(
            text(result)
                == #"{"Results":[{"UsageRecord":{},"Status":"CustomerNotSubscribed"}],"#
                + #""UnprocessedRecords":[]}"#)
        #expect(
            text(BatchMeterUsageResult(results: [])) == #"{"Results":[],"UnprocessedRecords":[]}"#)
    }

    @Test("The other operations' results have only the members that are there")
    func otherOperations() {
        #expect(
            text(MeterUsageResult(meteringRecordID: MeterUsageResult.dryRunID))
                == #"{"MeteringRecordId":"DryRunOperation"}"#)
        #expect(
            text(RegisterUsageResult(publicKeyRotationTimestamp: nil, signature: "a.b.c"))
                == #"{"Signature":"a.b.c"}"#)
        let rotated = Timestamp(seconds: 1_440_936_000)
        #expect(
            text(RegisterUsageResult(publicKeyRotationTimestamp: rotated, signature: "a.b.c"))
                == #"{"PublicKeyRotationTimestamp":1440936000,"Signature":"a.b.c"}"#)
        var customer = ResolveCustomerResult(
            customerIdentifier: nil, productCode: "p", customerAWSAccountID: "1", licenseARN: nil,
            agreementID: nil)
        #expect(text(customer) == #"{"ProductCode":"p","CustomerAWSAccountId":"1"}"#)
        customer.customerIdentifier = "c"
        customer.licenseARN = "arn"
        customer.agreementID = "agmt-1"
        #expect(
            text(customer)
                == #"{"CustomerIdentifier":"c","ProductCode":"p","CustomerAWSAccountId":"1","#
                + #""LicenseArn":"arn","Metadata":{"AgreementId":"agmt-1"}}"#)
    }

    /// Milliseconds and the number that is sent.
    private static let timestamps: [(Int64, String)] = [
        (0, "0"), (1, "0.001"), (10, "0.01"), (100, "0.1"), (120, "0.12"), (999, "0.999"),
        (1000, "1"), (1_440_936_000_005, "1440936000.005"), (-1, "-0.001"), (-1500, "-1.5"),
        (.max, "9223372036854775.807"), (.min, "-9223372036854775.808"),
    ]

    @Test("A timestamp is whole seconds, or has the milliseconds needed", arguments: timestamps)
    func timestamp(milliseconds: Int64, number: String) {
        var writer = JSONWriter()
        writer.timestamp(Timestamp(milliseconds: milliseconds))
        #expect(String(decoding: writer.bytes, as: UTF8.self) == number)
    }

    @Test(
        "A whole number is written with all its digits",
        arguments: [0, 9, 10, 99, 100, 999_999_999_999_999_999, .max, -1, -10, .min] as [Int64])
    func integer(value: Int64) {
        var writer = JSONWriter()
        writer.integer(value)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == String(value))
    }

    private func text(_ result: some AWSJSONResult) -> String {
        String(decoding: result.awsJSON, as: UTF8.self)
    }
}
