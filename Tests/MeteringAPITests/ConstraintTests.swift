import MeteringAPI
import Testing

@Suite("The model's constraints")
struct ConstraintTests {
    /// A member of a usage record with a value for it.
    struct Row: Sendable, CustomTestStringConvertible {
        let path: String
        let constraint: String?
        let value: String?
        let change: @Sendable (inout UsageRecord) -> Void

        var testDescription: String { "\(path): \(value ?? "null") \(constraint ?? "passes")" }
    }

    private static let notNull = "Member must not be null"
    private static let tooLong = "Member must have length less than or equal to "
    private static let tooShort = "Member must have length greater than or equal to "
    private static let pattern = "Member must satisfy regular expression pattern: "
    private static let license =
        "^arn:aws[a-zA-Z-]*:[A-Za-z0-9][A-Za-z0-9_/.-]{0,62}:[A-Za-z0-9_/.-]{0,63}"
        + ":[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,1023}$"
    private static let long = String(repeating: "1", count: 256)
    private static let full = String(repeating: "1", count: 255)

    private static func text(
        _ path: String, _ constraint: String?, _ value: String?,
        _ member: any WritableKeyPath<UsageRecord, String?> & Sendable
    ) -> Row {
        Row(path: path, constraint: constraint, value: value) { $0[keyPath: member] = value }
    }

    private static let texts: [Row] = [
        text("dimension", notNull, nil, \.dimension),
        text("dimension", tooLong + "255", long, \.dimension),
        text("dimension", nil, full, \.dimension),
        text("dimension", nil, "any \n é 😀", \.dimension),
        text("customerIdentifier", nil, nil, \.customerIdentifier),
        text("customerIdentifier", nil, "", \.customerIdentifier),
        text("customerIdentifier", tooLong + "255", long, \.customerIdentifier),
        text("customerAWSAccountId", pattern + "^[0-9]+$", "12a", \.customerAWSAccountID),
        text("customerAWSAccountId", nil, "1", \.customerAWSAccountID),
        text("customerAWSAccountId", nil, full, \.customerAWSAccountID),
        text("customerAWSAccountId", tooLong + "255", long, \.customerAWSAccountID),
        text("licenseArn", pattern + license, "", \.licenseARN),
        text("licenseArn", pattern + license, "arn:aws:x", \.licenseARN),
        text("licenseArn", nil, "arn:aws:license-manager::1:license:l", \.licenseARN),
        text(
            "quantityAsDecimal", pattern + #"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$"#, "1e3",
            \.quantity.decimal),
        text("quantityAsDecimal", nil, "9999999999.999999", \.quantity.decimal),
    ]

    private static func integer(_ value: Int64, _ constraint: String?) -> Row {
        Row(path: "quantity", constraint: constraint, value: String(value)) {
            $0.quantity.integer = value
        }
    }

    private static let atMost = "Member must have value less than or equal to 2147483647"
    private static let atLeast = "Member must have value greater than or equal to 0"

    private static let integers: [Row] = [
        integer(0, nil), integer(2_147_483_647, nil), integer(2_147_483_648, atMost),
        integer(.max, atMost), integer(-1, atLeast), integer(.min, atLeast),
    ]

    @Test("A member of a usage record keeps its constraint", arguments: texts + integers)
    func usageRecord(row: Row) {
        var record = Self.goodRecord
        row.change(&record)
        let request = BatchMeterUsageRequest(usageRecords: [Self.goodRecord, record])
        let violations = request.violations(of: APIModel())
        guard let constraint = row.constraint else {
            #expect(violations == [])
            return
        }
        #expect(violations.map(\.path) == ["usageRecords.2.member.\(row.path)"])
        #expect(violations.map(\.constraint) == [constraint])
        #expect(violations.map(\.value) == [row.value.map { .scalar($0) } ?? .absent])
    }

    /// What breaks two constraints at once.
    private static let pairs: [(Row, [String])] = [
        (text("dimension", nil, "", \.dimension), [tooShort + "1", pattern + #"[\s\S]+"#]),
        (
            text("customerAWSAccountId", nil, "", \.customerAWSAccountID),
            [tooShort + "1", pattern + "^[0-9]+$"]
        ),
        (
            text("quantityAsDecimal", nil, "", \.quantity.decimal),
            [tooShort + "1", pattern + #"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$"#]
        ),
        (
            text("quantityAsDecimal", nil, "123456789012345678", \.quantity.decimal),
            [tooLong + "17", pattern + #"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$"#]
        ),
    ]

    @Test("Each broken constraint of a member is told", arguments: pairs)
    func severalConstraints(row: Row, constraints: [String]) {
        var record = Self.goodRecord
        row.change(&record)
        let request = BatchMeterUsageRequest(usageRecords: [record])
        #expect(request.violations(of: APIModel()).map(\.constraint) == constraints)
    }

    @Test("A length counts UTF-16 code units, as AWS's framework does")
    func lengths() {
        var record = Self.goodRecord
        record.dimension = String(repeating: "é", count: 255)
        #expect(BatchMeterUsageRequest(usageRecords: [record]).violations(of: APIModel()) == [])
        record.dimension = String(repeating: "😀", count: 128)
        let violations = BatchMeterUsageRequest(usageRecords: [record]).violations(of: APIModel())
        #expect(violations.map(\.constraint) == [Self.tooLong + "255"])
    }

    @Test("0 to 25 records make a batch; none at all is an absent member")
    func batchSize() {
        func violations(_ count: Int) -> [Violation] {
            let records = Array(repeating: Self.goodRecord, count: count)
            return BatchMeterUsageRequest(usageRecords: records).violations(of: APIModel())
        }
        #expect(violations(0) == [])
        #expect(violations(25) == [])
        #expect(
            violations(26).validationMessage
                == "1 validation error detected: Value at 'usageRecords' failed to satisfy "
                + "constraint: Member must have length less than or equal to 25")
        #expect(
            BatchMeterUsageRequest(usageRecords: nil).violations(of: APIModel()).validationMessage
                == "1 validation error detected: Value null at 'usageRecords' failed to satisfy "
                + "constraint: Member must not be null")
    }

    @Test("A record without its required members is told of each")
    func emptyRecord() {
        let violations = BatchMeterUsageRequest(usageRecords: [UsageRecord()])
            .violations(of: APIModel())
        #expect(
            violations.validationMessage
                == "2 validation errors detected: "
                + "Value null at 'usageRecords.1.member.timestamp' failed to satisfy constraint: "
                + "Member must not be null; "
                + "Value null at 'usageRecords.1.member.dimension' failed to satisfy constraint: "
                + "Member must not be null")
    }

    @Test("A scalar's value is shown as it was sent")
    func scalarText() {
        var record = Self.goodRecord
        record.customerAWSAccountID = "it's 'é'"
        #expect(
            BatchMeterUsageRequest(usageRecords: [record]).violations(of: APIModel())
                .validationMessage
                == "1 validation error detected: Value 'it's 'é'' at "
                + "'usageRecords.1.member.customerAWSAccountId' failed to satisfy constraint: "
                + "Member must satisfy regular expression pattern: ^[0-9]+$")
    }

    @Test("At most ten violations are collected and told, the first ones")
    func atMostTen() {
        let records = Array(repeating: UsageRecord(), count: 300_000)
        let violations = BatchMeterUsageRequest(usageRecords: records).violations(of: APIModel())
        #expect(violations.count == 10)
        #expect(violations.first?.path == "usageRecords")
        #expect(violations.last?.path == "usageRecords.5.member.timestamp")
        #expect(violations.validationMessage.hasPrefix("10 validation errors detected: "))
    }

    static let goodRecord = UsageRecord(
        timestamp: Timestamp(seconds: 1_440_936_000), dimension: "users")
}
