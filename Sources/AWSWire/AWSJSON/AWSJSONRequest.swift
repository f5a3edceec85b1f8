package import MeteringAPI

/// A request that AWS JSON 1.1 can carry.
package protocol AWSJSONRequest: Sendable {
    /// Reads the members that the model knows; the others are dropped and named.
    static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<Self>
    /// Writes the request as an object; what is not set has no member.
    func encode(into writer: inout JSONWriter)
    /// About how many bytes the request takes.
    var sizeHint: Int { get }
}

extension BatchMeterUsageRequest: AWSJSONRequest {
    package static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<BatchMeterUsageRequest> {
        var reader = MemberReader(tape: body.tape)
        var request = BatchMeterUsageRequest(usageRecords: nil)
        var members = try reader.topLevel(body)
        while let value = members.nextMember(on: reader.tape) {
            switch reader.tape.key(of: value) {
            case "ProductCode":
                request.productCode = try reader.text(value, "ProductCode")
            case "UsageRecords":
                request.usageRecords = try reader.usageRecords(value, "UsageRecords", model)
            default: reader.ignore(value, in: "")
            }
        }
        return reader.finish(request)
    }
}

extension MeterUsageRequest: AWSJSONRequest {
    package static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<MeterUsageRequest> {
        var reader = MemberReader(tape: body.tape)
        var request = MeterUsageRequest()
        var members = try reader.topLevel(body)
        while let value = members.nextMember(on: reader.tape) {
            switch reader.tape.key(of: value) {
            case "ProductCode": request.productCode = try reader.text(value, "ProductCode")
            case "Timestamp": request.timestamp = try reader.timestamp(value, "Timestamp")
            case "UsageDimension":
                request.usageDimension = try reader.text(value, "UsageDimension")
            case "UsageQuantity":
                request.quantity.integer = try reader.integer(value, "UsageQuantity")
            case "UsageQuantityAsDecimal" where model.hasDecimals:
                request.quantity.decimal = try reader.text(value, "UsageQuantityAsDecimal")
            case "DryRun": request.dryRun = try reader.boolean(value, "DryRun")
            case "UsageAllocations":
                request.allocations = try reader.allocations(value, "UsageAllocations", model)
            case "ClientToken" where model.hasClientToken:
                request.clientToken = try reader.text(value, "ClientToken")
            default: reader.ignore(value, in: "")
            }
        }
        return reader.finish(request)
    }
}

extension RegisterUsageRequest: AWSJSONRequest {
    package static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<RegisterUsageRequest> {
        var reader = MemberReader(tape: body.tape)
        var request = RegisterUsageRequest()
        var members = try reader.topLevel(body)
        while let value = members.nextMember(on: reader.tape) {
            switch reader.tape.key(of: value) {
            case "ProductCode": request.productCode = try reader.text(value, "ProductCode")
            case "PublicKeyVersion":
                request.publicKeyVersion = try reader.integer(value, "PublicKeyVersion")
            case "Nonce": request.nonce = try reader.text(value, "Nonce")
            default: reader.ignore(value, in: "")
            }
        }
        return reader.finish(request)
    }
}

extension ResolveCustomerRequest: AWSJSONRequest {
    package static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<ResolveCustomerRequest> {
        var reader = MemberReader(tape: body.tape)
        var request = ResolveCustomerRequest(registrationToken: nil)
        var members = try reader.topLevel(body)
        while let value = members.nextMember(on: reader.tape) {
            switch reader.tape.key(of: value) {
            case "RegistrationToken":
                request.registrationToken = try reader.text(value, "RegistrationToken")
            default: reader.ignore(value, in: "")
            }
        }
        return reader.finish(request)
    }
}

extension MemberReader {
    func topLevel(_ body: JSONValue) throws(SerializationError) -> JSONWalk {
        guard body.kind == .object, let members = try object(body.place, "") else {
            throw SerializationError(message: "Expected a structure", path: "")
        }
        return members
    }

    func finish<Request>(_ request: Request) -> Decoded<Request> {
        Decoded(request: request, ignoredMembers: ignoredMembers, notes: notes)
    }

    mutating func usageRecords(
        _ value: JSONPlace, _ path: StaticString, _ model: APIModel
    ) throws(SerializationError) -> [UsageRecord]? {
        guard var elements = try list(value, path.description) else { return nil }
        // Read in their places, because a copy of a record counts half a dozen references.
        var records = [UsageRecord](
            repeating: UsageRecord(),
            count: min(elements.count(on: tape), ReadingLimits.keptRecords))
        var dropped = UsageRecord()
        var index = 0
        while let element = elements.next(on: tape) {
            if index < records.count {
                try read(element, into: &records[index], "\(path)[\(index)]", model)
            } else {
                try read(element, into: &dropped, "\(path)[\(index)]", model)
            }
            index += 1
        }
        return records
    }

    mutating func read(
        _ value: JSONPlace, into record: inout UsageRecord, _ path: @autoclosure () -> String,
        _ model: APIModel
    ) throws(SerializationError) {
        guard var members = try object(value, path()) else { return }
        while let value = members.nextMember(on: tape) {
            switch tape.key(of: value) {
            case "Timestamp":
                record.timestamp = try timestamp(value, path() + ".Timestamp")
            case "CustomerIdentifier":
                record.customerIdentifier = try text(value, path() + ".CustomerIdentifier")
            case "CustomerAWSAccountId" where model.hasCustomerAWSAccountID:
                record.customerAWSAccountID = try text(value, path() + ".CustomerAWSAccountId")
            case "Dimension": record.dimension = try text(value, path() + ".Dimension")
            case "Quantity":
                record.quantity.integer = try integer(value, path() + ".Quantity")
            case "QuantityAsDecimal" where model.hasDecimals:
                record.quantity.decimal = try text(value, path() + ".QuantityAsDecimal")
            case "UsageAllocations":
                record.allocations = try allocations(value, path() + ".UsageAllocations", model)
            case "LicenseArn" where model.hasLicenseARN:
                record.licenseARN = try text(value, path() + ".LicenseArn")
            default: ignore(value, in: path())
            }
        }
    }

    fileprivate mutating func allocations(
        _ value: JSONPlace, _ path: @autoclosure () -> String, _ model: APIModel
    ) throws(SerializationError) -> [UsageAllocation]? {
        guard var elements = try list(value, path()) else { return nil }
        var allocations: [UsageAllocation] = []
        while let element = elements.next(on: tape) {
            let member = "\(path())[\(allocations.count)]"
            allocations.append(try allocation(element, member, model))
        }
        return allocations
    }

    private mutating func allocation(
        _ value: JSONPlace, _ path: String, _ model: APIModel
    ) throws(SerializationError) -> UsageAllocation {
        var allocation = UsageAllocation(quantity: SentQuantity())
        guard var members = try object(value, path) else { return allocation }
        while let value = members.nextMember(on: tape) {
            switch tape.key(of: value) {
            case "AllocatedUsageQuantity":
                allocation.quantity.integer = try integer(value, path + ".AllocatedUsageQuantity")
            case "AllocatedUsageQuantityAsDecimal" where model.hasDecimals:
                allocation.quantity.decimal = try text(
                    value, path + ".AllocatedUsageQuantityAsDecimal")
            case "Tags":
                allocation.tags = try tags(value, path + ".Tags")
            default: ignore(value, in: path)
            }
        }
        return allocation
    }

    private mutating func tags(
        _ value: JSONPlace, _ path: String
    ) throws(SerializationError) -> [Tag]? {
        guard var elements = try list(value, path) else { return nil }
        var tags: [Tag] = []
        while let element = elements.next(on: tape) {
            var tag = Tag(key: nil, value: nil)
            let member = "\(path)[\(tags.count)]"
            if var members = try object(element, member) {
                while let part = members.nextMember(on: tape) {
                    switch tape.key(of: part) {
                    case "Key": tag.key = try text(part, member + ".Key")
                    case "Value": tag.value = try text(part, member + ".Value")
                    default: ignore(part, in: member)
                    }
                }
            }
            tags.append(tag)
        }
        return tags
    }
}
