import AWSWire
import Marketplace
import MarketplaceHost
import MeteringAPI

// Calls as CloudTrail records them: parameters begin with a small letter, times are texts for
// people, and a refused call has no response elements.

extension JSONWriter {
    /// The record of a call.
    mutating func trail(_ request: LoggedRequest, _ call: TrailedCall) {
        member("eventVersion", "1.05")
        name("userIdentity")
        object { $0.identity(call.principal, accessKeyID: request.accessKeyID) }
        time("eventTime", Timestamp(seconds: request.at.seconds))
        member("eventSource", "metering-marketplace.amazonaws.com")
        member("eventName", request.operation?.rawValue)
        member("awsRegion", call.region)
        member("sourceIPAddress", "127.0.0.1")
        member("userAgent", call.userAgent)
        if let error = request.error {
            member("errorCode", error)
            member("errorMessage", message(in: call.answer))
        }
        name("requestParameters")
        parameters(call.request)
        name("responseElements")
        if request.error == nil {
            parameters(call.answer)
        } else {
            literal("null")
        }
        member("requestID", request.requestID)
        member("eventID", request.requestID)
        name("readOnly")
        literal("false")
        member("eventType", "AwsApiCall")
        member("recipientAccountId", call.principal.accountID)
    }

    private mutating func identity(_ principal: Principal, accessKeyID: String?) {
        let isRole = principal.kind != .account
        member("type", isRole ? "AssumedRole" : "IAMUser")
        member("principalId", accessKeyID)
        member("arn", principal.arn)
        member("accountId", principal.accountID)
        member("accessKeyId", accessKeyID)
        if isRole {
            name("sessionContext")
            object { writer in
                if principal.kind == .ec2Instance { writer.member("ec2RoleDelivery", "1.0") }
                writer.name("sessionIssuer")
                writer.object { writer in
                    writer.member("type", "Role")
                    writer.member("accountId", principal.accountID)
                    writer.member("userName", "turnpike-\(principal.kind.rawValue)")
                }
            }
        } else {
            member("userName", "turnpike")
        }
    }

    private mutating func parameters(_ text: [UInt8]) {
        guard let document = try? JSONDocument(parsing: text) else { return literal("null") }
        parameter(document.root, named: "")
    }

    private mutating func parameter(_ value: JSONValue, named name: String) {
        switch value.kind {
        case .object:
            object { writer in
                for member in value.members {
                    writer.anyName(member.name.inTrail)
                    writer.parameter(member.value, named: member.name)
                }
            }
        case .list:
            list(value.elements) { writer, element in writer.parameter(element, named: name) }
        case .number where name.hasSuffix("Timestamp"):
            let seconds = JSONNumber(value.rawBytes, scale: 0).scaled
            string(Timestamp(seconds: seconds).inTrail)
        // As it was sent, escapes included.
        case .string: literal("\"" + String(decoding: value.rawBytes, as: UTF8.self) + "\"")
        default: literal(String(decoding: value.rawBytes, as: UTF8.self))
        }
    }

    private func message(in answer: [UInt8]) -> String? {
        let root = (try? JSONDocument(parsing: answer))?.root
        return root?["message"]?.text ?? root?["Message"]?.text
    }
}

extension String {
    /// The name of a member as the trail has it.
    fileprivate var inTrail: String {
        self == "CustomerAWSAccountId"
            ? "customerAWSAccountID" : prefix(1).lowercased() + dropFirst()
    }
}

extension Timestamp {
    /// As in "Apr 19, 2018 4:32:50 PM".
    fileprivate var inTrail: String {
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let ofDay = seconds - seconds.flooredQuotient(86_400) * 86_400
        let (hour, minute, second) = (ofDay / 3600, ofDay / 60 % 60, ofDay % 60)
        let clock = [(hour + 11) % 12 + 1, minute, second].enumerated().map { index, number in
            index > 0 && number < 10 ? "0\(number)" : "\(number)"
        }
        return "\(months[date.month - 1]) \(date.day), \(date.year) "
            + clock.joined(separator: ":") + (hour < 12 ? " AM" : " PM")
    }
}
