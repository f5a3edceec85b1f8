package import MeteringAPI

extension BatchMeterUsageResult {
    package static func decode(
        _ body: JSONValue
    ) throws(SerializationError) -> BatchMeterUsageResult {
        var reader = MemberReader(tape: body.tape)
        var result = BatchMeterUsageResult(results: [])
        var members = try reader.topLevel(body)
        while let value = members.nextMember(on: reader.tape) {
            switch reader.tape.key(of: value) {
            case "Results": result.results = try reader.results(value)
            case "UnprocessedRecords":
                result.unprocessedRecords =
                    try reader.usageRecords(value, "UnprocessedRecords", APIModel()) ?? []
            default: break
            }
        }
        return result
    }
}

extension MeterUsageResult {
    package static func decode(_ body: JSONValue) throws(SerializationError) -> MeterUsageResult {
        let members = try MemberReader(tape: body.tape).members(of: body)
        return MeterUsageResult(meteringRecordID: try members.required("MeteringRecordId"))
    }
}

extension RegisterUsageResult {
    package static func decode(
        _ body: JSONValue
    ) throws(SerializationError) -> RegisterUsageResult {
        let members = try MemberReader(tape: body.tape).members(of: body)
        return RegisterUsageResult(
            publicKeyRotationTimestamp: try members.timestamp("PublicKeyRotationTimestamp"),
            signature: try members.required("Signature"))
    }
}

extension ResolveCustomerResult {
    package static func decode(
        _ body: JSONValue
    ) throws(SerializationError) -> ResolveCustomerResult {
        let members = try MemberReader(tape: body.tape).members(of: body)
        return ResolveCustomerResult(
            customerIdentifier: try members.text("CustomerIdentifier"),
            productCode: try members.required("ProductCode"),
            customerAWSAccountID: try members.required("CustomerAWSAccountId"),
            licenseARN: try members.text("LicenseArn"),
            agreementID: try members.object("Metadata")?.text("AgreementId"))
    }
}

extension GetEntitlementsResult {
    package static func decode(
        _ body: JSONValue
    ) throws(SerializationError) -> GetEntitlementsResult {
        let members = try MemberReader(tape: body.tape).members(of: body)
        var entitlements: [EntitlementRecord] = []
        for entitlement in try members.objects("Entitlements") {
            entitlements.append(try EntitlementRecord(entitlement))
        }
        return GetEntitlementsResult(
            entitlements: entitlements, nextToken: try members.text("NextToken"))
    }
}

extension EntitlementRecord {
    fileprivate init(_ members: ResultMembers) throws(SerializationError) {
        guard let value = try members.object("Value"), let amount = try EntitlementValue(value)
        else { throw members.missing("Value") }
        self.init(
            productCode: try members.required("ProductCode"),
            dimension: try members.required("Dimension"),
            customerIdentifier: try members.text("CustomerIdentifier"),
            customerAWSAccountID: try members.required("CustomerAWSAccountId"), value: amount,
            expirationDate: try members.timestamp("ExpirationDate"),
            licenseARN: try members.required("LicenseArn"))
    }
}

extension EntitlementValue {
    /// The one member that is there; nil where there is none that is known.
    fileprivate init?(_ members: ResultMembers) throws(SerializationError) {
        if let number = try members.integer("IntegerValue") {
            self = .integer(number)
        } else if let number = try members.double("DoubleValue") {
            self = .double(number)
        } else if let flag = try members.boolean("BooleanValue") {
            self = .boolean(flag)
        } else if let text = try members.text("StringValue") {
            self = .string(text)
        } else {
            return nil
        }
    }
}

extension MemberReader {
    fileprivate mutating func results(
        _ value: JSONPlace
    ) throws(SerializationError) -> [UsageRecordResult] {
        guard var elements = try list(value, "Results") else { return [] }
        var results: [UsageRecordResult] = []
        while let element = elements.next(on: tape) {
            results.append(try result(element, "Results[\(results.count)]"))
        }
        return results
    }

    private mutating func result(
        _ value: JSONPlace, _ path: String
    ) throws(SerializationError) -> UsageRecordResult {
        guard var members = try object(value, path) else {
            throw SerializationError(message: "Expected a structure", path: path)
        }
        var record = UsageRecord()
        var id: MeteringRecordID?
        var status: UsageRecordStatus?
        while let value = members.nextMember(on: tape) {
            switch tape.key(of: value) {
            case "UsageRecord":
                try read(value, into: &record, path + ".UsageRecord", APIModel())
            case "MeteringRecordId":
                id = try self.value(value, path + ".MeteringRecordId", MeteringRecordID.init)
            case "Status":
                status = try self.value(value, path + ".Status", UsageRecordStatus.init(rawValue:))
            default: break
            }
        }
        guard let status else {
            throw SerializationError(message: "The member is missing", path: path + ".Status")
        }
        return UsageRecordResult(usageRecord: record, meteringRecordID: id, status: status)
    }

    /// What a text stands for, where there is one.
    private func value<Value>(
        _ place: JSONPlace, _ path: String, _ read: (String) -> Value?
    ) throws(SerializationError) -> Value? {
        guard let text = try text(place, path) else { return nil }
        guard let value = read(text) else {
            throw SerializationError(message: "The value is not known: \(text)", path: path)
        }
        return value
    }

    fileprivate func members(of body: JSONValue) throws(SerializationError) -> ResultMembers {
        _ = try topLevel(body)
        return ResultMembers(value: body, path: "", reader: self)
    }
}

/// The members of an object in an answer, by name; the last of a name counts.
///
/// For the small answers: each look-up walks over the object.
private struct ResultMembers {
    let value: JSONValue
    let path: String
    let reader: MemberReader

    private func place(_ name: StaticString) -> JSONPlace? {
        value[name.description]?.place
    }

    private func path(_ name: StaticString) -> String { joined(path, name.description) }

    func text(_ name: StaticString) throws(SerializationError) -> String? {
        guard let place = place(name) else { return nil }
        return try reader.text(place, path(name))
    }

    func required(_ name: StaticString) throws(SerializationError) -> String {
        guard let text = try text(name) else { throw missing(name) }
        return text
    }

    func integer(_ name: StaticString) throws(SerializationError) -> Int64? {
        guard let place = place(name) else { return nil }
        var reader = reader
        return try reader.integer(place, path(name))
    }

    func double(_ name: StaticString) throws(SerializationError) -> Double? {
        guard let value = value[name.description], value.kind != .null else { return nil }
        guard value.kind == .number, let number = WholeNumber.double(value.numberText) else {
            throw SerializationError(message: "Expected a number", path: path(name))
        }
        return number
    }

    func boolean(_ name: StaticString) throws(SerializationError) -> Bool? {
        guard let place = place(name) else { return nil }
        return try reader.boolean(place, path(name))
    }

    func timestamp(_ name: StaticString) throws(SerializationError) -> Timestamp? {
        guard let place = place(name) else { return nil }
        return try reader.timestamp(place, path(name))
    }

    func object(_ name: StaticString) throws(SerializationError) -> ResultMembers? {
        guard let member = value[name.description],
            try reader.object(member.place, path(name)) != nil
        else { return nil }
        return ResultMembers(value: member, path: path(name), reader: reader)
    }

    func objects(_ name: StaticString) throws(SerializationError) -> [ResultMembers] {
        guard let list = value[name.description],
            try reader.list(list.place, path(name)) != nil
        else { return [] }
        var objects: [ResultMembers] = []
        for element in list.elements {
            let path = "\(path(name))[\(objects.count)]"
            guard try reader.object(element.place, path) != nil else { continue }
            objects.append(ResultMembers(value: element, path: path, reader: reader))
        }
        return objects
    }

    func missing(_ name: StaticString) -> SerializationError {
        SerializationError(message: "The member is missing", path: path(name))
    }
}
