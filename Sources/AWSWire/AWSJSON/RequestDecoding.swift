package import MeteringAPI

/// A request that AWS JSON 1.1 can carry.
package protocol AWSJSONRequest: Sendable {
    /// Reads the members that the model knows; the others are dropped and named.
    static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<Self>
}

extension BatchMeterUsageRequest: AWSJSONRequest {
    package static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<BatchMeterUsageRequest> {
        var reader = MemberReader()
        var request = BatchMeterUsageRequest(usageRecords: nil)
        for member in try reader.topLevel(body) {
            switch member.key {
            case "ProductCode":
                request.productCode = try reader.text(member.value, "ProductCode")
            case "UsageRecords":
                guard let elements = try reader.list(member.value, "UsageRecords") else {
                    request.usageRecords = nil
                    continue
                }
                var records: [UsageRecord] = []
                records.reserveCapacity(ModelCapacity.usageRecords)
                for (index, element) in elements.enumerated() {
                    let record = try reader.usageRecord(element, "UsageRecords[\(index)]", model)
                    if index < ModelCapacity.keptRecords { records.append(record) }
                }
                request.usageRecords = records
            default: reader.ignore(member.name, in: "")
            }
        }
        return reader.finish(request)
    }
}

extension MeterUsageRequest: AWSJSONRequest {
    package static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<MeterUsageRequest> {
        var reader = MemberReader()
        var request = MeterUsageRequest()
        for member in try reader.topLevel(body) {
            let value = member.value
            switch member.key {
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
            default: reader.ignore(member.name, in: "")
            }
        }
        return reader.finish(request)
    }
}

extension RegisterUsageRequest: AWSJSONRequest {
    package static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<RegisterUsageRequest> {
        var reader = MemberReader()
        var request = RegisterUsageRequest()
        for member in try reader.topLevel(body) {
            let value = member.value
            switch member.key {
            case "ProductCode": request.productCode = try reader.text(value, "ProductCode")
            case "PublicKeyVersion":
                request.publicKeyVersion = try reader.integer(value, "PublicKeyVersion")
            case "Nonce": request.nonce = try reader.text(value, "Nonce")
            default: reader.ignore(member.name, in: "")
            }
        }
        return reader.finish(request)
    }
}

extension ResolveCustomerRequest: AWSJSONRequest {
    package static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<ResolveCustomerRequest> {
        var reader = MemberReader()
        var request = ResolveCustomerRequest(registrationToken: nil)
        for member in try reader.topLevel(body) {
            switch member.key {
            case "RegistrationToken":
                request.registrationToken = try reader.text(member.value, "RegistrationToken")
            default: reader.ignore(member.name, in: "")
            }
        }
        return reader.finish(request)
    }
}

private enum ModelCapacity {
    static let usageRecords = 25
    /// Records that are kept to be refused by their number; a megabyte can hold 300,000.
    static let keptRecords = 1000
}

extension MemberReader {
    fileprivate func topLevel(_ body: JSONValue) throws(SerializationError) -> JSONMembers {
        guard body.kind == .object, let members = try object(body, "") else {
            throw SerializationError(message: "Expected a structure", path: "")
        }
        return members
    }

    fileprivate func finish<Request>(_ request: Request) -> Decoded<Request> {
        Decoded(request: request, ignoredMembers: ignoredMembers, notes: notes)
    }

    fileprivate mutating func usageRecord(
        _ value: JSONValue, _ path: @autoclosure () -> String, _ model: APIModel
    ) throws(SerializationError) -> UsageRecord {
        var record = UsageRecord()
        guard let members = try object(value, path()) else { return record }
        for member in members {
            let value = member.value
            switch member.key {
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
            default: ignore(member.name, in: path())
            }
        }
        return record
    }

    fileprivate mutating func allocations(
        _ value: JSONValue, _ path: @autoclosure () -> String, _ model: APIModel
    ) throws(SerializationError) -> [UsageAllocation]? {
        guard let elements = try list(value, path()) else { return nil }
        var allocations: [UsageAllocation] = []
        for element in elements {
            let member = "\(path())[\(allocations.count)]"
            allocations.append(try allocation(element, member, model))
        }
        return allocations
    }

    private mutating func allocation(
        _ value: JSONValue, _ path: String, _ model: APIModel
    ) throws(SerializationError) -> UsageAllocation {
        var allocation = UsageAllocation(quantity: SentQuantity())
        guard let members = try object(value, path) else { return allocation }
        for member in members {
            switch member.key {
            case "AllocatedUsageQuantity":
                allocation.quantity.integer = try integer(member.value, joined(path, member.name))
            case "AllocatedUsageQuantityAsDecimal" where model.hasDecimals:
                allocation.quantity.decimal = try text(member.value, joined(path, member.name))
            case "Tags":
                allocation.tags = try tags(member.value, path + ".Tags")
            default: ignore(member.name, in: path)
            }
        }
        return allocation
    }

    private mutating func tags(
        _ value: JSONValue, _ path: String
    ) throws(SerializationError) -> [Tag]? {
        guard let elements = try list(value, path) else { return nil }
        var tags: [Tag] = []
        for element in elements {
            var tag = Tag(key: nil, value: nil)
            let member = "\(path)[\(tags.count)]"
            if let members = try object(element, member) {
                for part in members {
                    switch part.key {
                    case "Key": tag.key = try text(part.value, member + ".Key")
                    case "Value": tag.value = try text(part.value, member + ".Value")
                    default: ignore(part.name, in: member)
                    }
                }
            }
            tags.append(tag)
        }
        return tags
    }
}
