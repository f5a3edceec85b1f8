import AWSWire
import MeteringAPI
import Testing

@Suite("What one end writes, the other end reads")
struct RoundTripTests {
    @Test("A request of each operation", arguments: 0..<100 as Range<UInt64>)
    func requests(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        try expectSame(generator.batchMeterUsageRequest())
        try expectSame(generator.meterUsageRequest())
        try expectSame(generator.registerUsageRequest())
        try expectSame(
            ResolveCustomerRequest(registrationToken: generator.maybe { $0.text(maximumLength: 9) })
        )
        try expectSame(generator.getEntitlementsRequest())
    }

    @Test("An answer of each operation", arguments: 0..<100 as Range<UInt64>)
    func results(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        try expectSame(generator.batchMeterUsageResult())
        try expectSame(MeterUsageResult(meteringRecordID: generator.text(maximumLength: 9)))
        try expectSame(
            RegisterUsageResult(
                publicKeyRotationTimestamp: generator.maybe { $0.timestamp() },
                signature: generator.text(maximumLength: 9)))
        try expectSame(generator.resolveCustomerResult())
        try expectSame(generator.getEntitlementsResult())
    }

    @Test("An error of each operation is its exception again, whatever its namespace")
    func errors() throws {
        for exception in MeteringException.allCases {
            try expectKnown(exception, by: BatchMeterUsage.self)
            try expectKnown(exception, by: MeterUsage.self)
            try expectKnown(exception, by: RegisterUsage.self)
            try expectKnown(exception, by: ResolveCustomer.self)
            try expectKnown(exception, by: GetEntitlements.self)
        }
    }

    @Test("Credentials that have expired are not taken for a registration token that has")
    func expiredCredentials() throws {
        let sent = AuthenticationFailure.expiredToken.envelope
        let error = try #require(ErrorEnvelope(status: sent.status, body: sent.awsJSON))
        #expect(error == sent)
        #expect(ResolveCustomer.exception(error) == nil)
        #expect(ResolveCustomer.exception(ErrorEnvelope(.expiredToken)) == .expiredToken)
    }

    @Test("The spelling of the framework's message is read too")
    func capitalMessage() throws {
        let sent = ErrorEnvelope(
            type: "SerializationException", message: "no", messageKey: .capitalMessage)
        #expect(ErrorEnvelope(status: 400, body: sent.awsJSON) == sent)
    }

    @Test(
        "A body that is no error in AWS JSON is none",
        arguments: ["", "<Error/>", "[]", "{}", #"{"__type":1}"#, #"{"message":"m"}"#])
    func noError(body: String) {
        #expect(ErrorEnvelope(status: 500, body: Array(body.utf8)) == nil)
    }

    /// An answer that must be refused, and where its mistake stands.
    private static let broken: [(any AWSJSONResult.Type, String, String)] = [
        (MeterUsageResult.self, "{}", "MeteringRecordId"),
        (MeterUsageResult.self, "[]", ""),
        (MeterUsageResult.self, #"{"MeteringRecordId":1}"#, "MeteringRecordId"),
        (RegisterUsageResult.self, #"{"PublicKeyRotationTimestamp":1}"#, "Signature"),
        (ResolveCustomerResult.self, #"{"ProductCode":"p"}"#, "CustomerAWSAccountId"),
        (
            ResolveCustomerResult.self,
            #"{"ProductCode":"p","CustomerAWSAccountId":"1","Metadata":{"AgreementId":2}}"#,
            "Metadata.AgreementId"
        ),
        (BatchMeterUsageResult.self, #"{"Results":[null]}"#, "Results[0]"),
        (BatchMeterUsageResult.self, #"{"Results":[{}]}"#, "Results[0].Status"),
        (BatchMeterUsageResult.self, #"{"Results":[{"Status":"Maybe"}]}"#, "Results[0].Status"),
        (
            BatchMeterUsageResult.self,
            #"{"Results":[{"Status":"Success","MeteringRecordId":"1"}]}"#,
            "Results[0].MeteringRecordId"
        ),
        (GetEntitlementsResult.self, #"{"Entitlements":[{}]}"#, "Entitlements[0].Value"),
        (
            GetEntitlementsResult.self,
            #"{"Entitlements":[{"Value":{"DoubleValue":"1"}}]}"#,
            "Entitlements[0].Value.DoubleValue"
        ),
        (
            GetEntitlementsResult.self,
            #"{"Entitlements":[{"Value":{"IntegerValue":1}}]}"#, "Entitlements[0].ProductCode"
        ),
    ]

    @Test("An answer without what it must have is refused, and its place named", arguments: broken)
    func refusedResults(type: any AWSJSONResult.Type, body: String, path: String) throws {
        let root = try JSONDocument(parsing: Array(body.utf8)).root
        let error = try #require(throws: SerializationError.self) { try type.decode(root) }
        #expect(error.path == path)
    }

    @Test("Members that a newer service sends are passed over")
    func unknownMembers() throws {
        let body = #"{"New":{"A":[1]},"MeteringRecordId":"id","Newer":null}"#
        let result = try MeterUsageResult.decode(JSONDocument(parsing: Array(body.utf8)).root)
        #expect(result == MeterUsageResult(meteringRecordID: "id"))
    }

    private func expectSame<Request: AWSJSONRequest & Equatable>(_ request: Request) throws {
        let root = try JSONDocument(parsing: request.awsJSON).root
        let decoded = try Request.decode(root, model: APIModel())
        #expect(decoded.request == request)
        #expect(decoded.ignoredMembers == [])
        // Swift compares texts by what they look like; these are to be the same to the byte.
        #expect(decoded.request.awsJSON == request.awsJSON)
    }

    private func expectSame<Result: AWSJSONResult & Equatable>(_ result: Result) throws {
        let decoded = try Result.decode(JSONDocument(parsing: result.awsJSON).root)
        #expect(decoded == result)
        #expect(decoded.awsJSON == result.awsJSON)
    }

    private func expectKnown<Operation: AWSJSONOperation>(
        _ exception: MeteringException, by operation: Operation.Type
    ) throws {
        let sent = ErrorEnvelope(exception)
        let read = try #require(ErrorEnvelope(status: sent.status, body: sent.awsJSON))
        #expect(read == sent)
        let expected = Operation.exceptions.contains(exception) ? exception : nil
        #expect(Operation.exception(read) == expected)
        let named = ErrorEnvelope(
            type: "com.amazonaws.marketplacemetering#\(exception.name)", message: nil)
        #expect(Operation.exception(named) == expected)
    }
}

extension SeededGenerator {
    fileprivate mutating func batchMeterUsageRequest() -> BatchMeterUsageRequest {
        BatchMeterUsageRequest(
            productCode: maybe { $0.text(maximumLength: 9) },
            usageRecords: maybe { generator in
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in generator.usageRecord() }
            })
    }

    fileprivate mutating func meterUsageRequest() -> MeterUsageRequest {
        var request = MeterUsageRequest()
        request.productCode = maybe { $0.text(maximumLength: 9) }
        request.timestamp = maybe { $0.timestamp() }
        request.usageDimension = maybe { $0.text(maximumLength: 9) }
        request.quantity = quantity()
        request.dryRun = maybe { $0.chance(oneIn: 2) }
        request.allocations = maybe { $0.allocations() }
        request.clientToken = maybe { $0.text(maximumLength: 9) }
        return request
    }

    fileprivate mutating func registerUsageRequest() -> RegisterUsageRequest {
        var request = RegisterUsageRequest()
        request.productCode = maybe { $0.text(maximumLength: 9) }
        request.publicKeyVersion = maybe { Int64.random(in: -1...9, using: &$0) }
        request.nonce = maybe { $0.text(maximumLength: 9) }
        return request
    }

    fileprivate mutating func getEntitlementsRequest() -> GetEntitlementsRequest {
        var filter: [GetEntitlementsRequest.FilterKey: [String]] = [:]
        for key in GetEntitlementsRequest.FilterKey.allCases {
            filter[key] = maybe { generator in
                (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                    generator.text(maximumLength: 5)
                }
            }
        }
        return GetEntitlementsRequest(
            productCode: maybe { $0.text(maximumLength: 9) }, filter: filter,
            nextToken: maybe { $0.text(maximumLength: 9) },
            maxResults: maybe { Int64.random(in: -1...30, using: &$0) })
    }

    fileprivate mutating func batchMeterUsageResult() -> BatchMeterUsageResult {
        let statuses = [UsageRecordStatus.success, .customerNotSubscribed, .duplicateRecord]
        return BatchMeterUsageResult(
            results: (0..<Int.random(in: 0...4, using: &self)).map { _ in
                UsageRecordResult(
                    usageRecord: usageRecord(),
                    meteringRecordID: maybe { .random(using: &$0) },
                    status: statuses[Int.random(in: 0..<3, using: &self)])
            },
            unprocessedRecords: (0..<Int.random(in: 0...2, using: &self)).map { _ in
                usageRecord()
            })
    }

    fileprivate mutating func resolveCustomerResult() -> ResolveCustomerResult {
        ResolveCustomerResult(
            customerIdentifier: maybe { $0.text(maximumLength: 9) },
            productCode: text(maximumLength: 9), customerAWSAccountID: text(maximumLength: 9),
            licenseARN: maybe { $0.text(maximumLength: 9) },
            agreementID: maybe { $0.text(maximumLength: 9) })
    }

    fileprivate mutating func getEntitlementsResult() -> GetEntitlementsResult {
        GetEntitlementsResult(
            entitlements: (0..<Int.random(in: 0...4, using: &self)).map { _ in
                EntitlementRecord(
                    productCode: text(maximumLength: 9), dimension: text(maximumLength: 9),
                    customerIdentifier: maybe { $0.text(maximumLength: 9) },
                    customerAWSAccountID: text(maximumLength: 9), value: entitlementValue(),
                    expirationDate: maybe { $0.timestamp() }, licenseARN: text(maximumLength: 9))
            },
            nextToken: maybe { $0.text(maximumLength: 9) })
    }

    private mutating func entitlementValue() -> EntitlementValue {
        switch Int.random(in: 0..<4, using: &self) {
        case 0: .integer(Int64.random(in: -9...9, using: &self))
        case 1: .double(Double.random(in: -1e9...1e9, using: &self))
        case 2: .boolean(chance(oneIn: 2))
        default: .string(text(maximumLength: 9))
        }
    }
}
