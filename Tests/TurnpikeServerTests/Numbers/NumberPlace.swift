import HTTPTypes
import Testing

@testable import ControlAPI
@testable import TurnpikeServer

/// A number or time that a body may have, with a body that is good but for it.
struct NumberPlace: Sendable, CustomTestStringConvertible {
    let method: HTTPRequest.Method
    let template: String
    /// The path to the member, as problems name it.
    let field: String
    let type: Schema.FieldType

    var testDescription: String { "\(method) \(template) \(field)" }

    /// Every place that the routes' schemas declare.
    static func all(where isMeant: (Schema.FieldType) -> Bool) -> [NumberPlace] {
        ControlAPI.routes.flatMap { route in
            route.request.map { places(in: $0, "") }?.filter { isMeant($0.type) }.map {
                NumberPlace(
                    method: route.method, template: route.template, field: $0.field, type: $0.type)
            } ?? []
        }
    }

    private static func places(
        in schema: Schema, _ path: String
    ) -> [(field: String, type: Schema.FieldType)] {
        schema.fields.flatMap { field -> [(field: String, type: Schema.FieldType)] in
            switch field.type {
            case .object(let schema): places(in: schema, "\(path)\(field.name).")
            case .list(.object(let schema)): places(in: schema, "\(path)\(field.name)[0].")
            default: [(path + field.name, field.type)]
            }
        }
    }

    /// The path with names of what is there.
    var path: String {
        [
            "accountId": ControlMarket.buyer, "productCode": "saas", "agreementId": "agmt-saas",
            "targetId": "t", "resourceId": "r", "accessKeyId": ControlMarket.accessKey,
            "tokenId": "x", "requestId": "x",
        ].reduce(template) { $0.replacing("{\($1.key)}", with: $1.value) }
    }

    /// A body that is taken, with a value for this member; nil where this test knows none.
    func body(_ value: String) -> String? {
        let name = field.split(separator: ".").last.map(String.init) ?? field
        let member = "\"\(name)\":\(value)"
        let target = #""kind":"webhook","url":"http://127.0.0.1:1/""#
        let parties = #""productCode":"saas","buyerAccountId":"222233334444""#
        switch (template.split(separator: "/").last ?? "", name) {
        case ("credentials", "expiresIn"):
            return #"{"principal":{"kind":"account","accountId":"111122223333"},\#(member)}"#
        case ("registration-tokens", "expiresIn"): return #"{"agreementId":"agmt-saas",\#(member)}"#
        case ("{targetId}", _): return #"{\#(target),"disturbance":{\#(member)}}"#
        case ("faults", "seed"):
            return #"{\#(member),"rules":[{"share":0.5,"error":"ThrottlingException"}]}"#
        case ("faults", _): return faults(name, member)
        case ("clock", "speed"): return #"{"mode":"running",\#(member)}"#
        case ("clock", "now"): return #"{"mode":"running","speed":86400,\#(member)}"#
        case ("clock", "advance"), ("amend", _), ("cancel", _), ("renew", _), ("replace", _):
            if field.hasPrefix("entitlements") {
                return #"{"entitlements":[{"dimension":"seats",\#(member)}]}"#
            }
            return "{\(member)}"
        case ("agreements", "trialEndsAt"): return #"{\#(parties),"freeTrial":true,\#(member)}"#
        case ("agreements", "value"):
            return #"{\#(parties),"entitlements":[{"dimension":"seats",\#(member)}]}"#
        case ("agreements", _): return #"{\#(parties),\#(member)}"#
        default: return nil
        }
    }

    private func faults(_ name: String, _ member: String) -> String {
        let rule: String
        switch name {
        case "next", "share": rule = #"{\#(member),"error":"ThrottlingException"}"#
        case "quantity", "hour": rule = #"{"record":{\#(member)},"error":"ThrottlingException"}"#
        default: rule = "{\(member)}"
        }
        return method == .post ? rule : #"{"rules":[\#(rule)]}"#
    }
}
