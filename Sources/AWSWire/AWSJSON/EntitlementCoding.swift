package import MeteringAPI

extension GetEntitlementsRequest: AWSJSONRequest {
    package static func decode(
        _ body: JSONValue, model: APIModel
    ) throws(SerializationError) -> Decoded<GetEntitlementsRequest> {
        var reader = MemberReader(tape: body.tape)
        var request = GetEntitlementsRequest()
        var members = try reader.topLevel(body)
        while let value = members.nextMember(on: reader.tape) {
            switch reader.tape.key(of: value) {
            case "ProductCode": request.productCode = try reader.text(value, "ProductCode")
            case "NextToken": request.nextToken = try reader.text(value, "NextToken")
            case "MaxResults": request.maxResults = try reader.integer(value, "MaxResults")
            case "Filter": try reader.filter(value, of: &request)
            default: reader.ignore(value, in: "")
            }
        }
        return reader.finish(request)
    }
}

extension MemberReader {
    fileprivate mutating func filter(
        _ value: JSONPlace, of request: inout GetEntitlementsRequest
    ) throws(SerializationError) {
        guard var members = try object(value, "Filter") else { return }
        while let member = members.nextMember(on: tape) {
            let name = tape.name(of: member)
            guard var elements = try list(member, "Filter.\(name)") else { continue }
            var values: [String] = []
            while let element = elements.next(on: tape) {
                if let text = try text(element, "Filter.\(name)") { values.append(text) }
            }
            if let key = GetEntitlementsRequest.FilterKey(rawValue: name) {
                request.filter[key] = values
            } else if request.unknownFilterKeys.count < ReadingLimits.reportedMembers {
                request.unknownFilterKeys.append(name.cut(toBytes: 200))
            }
        }
    }
}

extension GetEntitlementsResult: AWSJSONResult {
    package func encode(into writer: inout JSONWriter) {
        writer.object { writer in
            // AWS leaves the empty list out.
            if !entitlements.isEmpty {
                writer.name("Entitlements")
                writer.list(entitlements) { writer, entitlement in
                    writer.object { $0.entitlement(entitlement) }
                }
            }
            writer.member("NextToken", nextToken)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func entitlement(_ entitlement: EntitlementRecord) {
        member("ProductCode", entitlement.productCode)
        member("Dimension", entitlement.dimension)
        member("CustomerIdentifier", entitlement.customerIdentifier)
        member("CustomerAWSAccountId", entitlement.customerAWSAccountID)
        name("Value")
        object { writer in
            switch entitlement.value {
            case .integer(let number): writer.member("IntegerValue", number)
            case .double(let number):
                writer.name("DoubleValue")
                writer.literal("\(number)")
            case .boolean(let flag):
                writer.name("BooleanValue")
                writer.literal(flag ? "true" : "false")
            case .string(let text): writer.member("StringValue", text)
            }
        }
        member("ExpirationDate", entitlement.expirationDate)
        member("LicenseArn", entitlement.licenseARN)
    }
}
