import AWSWire
import MeteringAPI

/// Compares what a scenario expects with what was recorded, hour by hour.
struct ScenarioCheck {
    /// What became of an hour that is not as expected.
    struct Finding: Equatable {
        let agreement: String
        let dimension: String
        let hour: String
        let verdict: String
    }

    /// A record of usage.
    struct Usage {
        let buyer: String
        let product: String
        let license: String?
        let dimension: String
        let hour: String
        let quantity: String
        let id: String
    }

    /// A call that was refused, and the hours that it would have reported.
    struct RefusedCall {
        let id: String
        let error: String
        let records: [Reported]

        struct Reported: Hashable {
            /// The account, the CustomerIdentifier or the licence.
            let names: Set<String>
            let dimension: String
            let hour: String
        }
    }

    private(set) var findings: [Finding] = []
    private(set) var hours = 0
    /// The refused calls that concern the scenario's agreements.
    let refused: [RefusedCall]

    init(_ record: ScenarioRecord, usage: [Usage], refused: [RefusedCall]) {
        let names = Set(
            record.agreements.values.flatMap { [$0.buyerAccountID, $0.licenseARN] })
        let refused = refused.filter { call in
            call.records.contains { !$0.names.isDisjoint(with: names) }
        }
        self.refused = refused
        for expected in record.expected {
            guard let party = record.agreements[expected.agreement],
                let from = Timestamp(iso8601: expected.from)?.hour,
                let to = Timestamp(iso8601: expected.to)?.hour, from < to
            else { continue }
            for ordinal in from.ordinal..<to.ordinal {
                hours += 1
                let hour = Hour(ordinal: ordinal).start.iso8601
                let found = usage.filter { $0.counts(for: party, expected.dimension, hour) }
                let calls = refused.filter { call in
                    call.records.contains { $0.is(of: party, expected.dimension, hour) }
                }
                guard let verdict = Self.verdict(expected.quantity, found, calls) else { continue }
                findings.append(
                    Finding(
                        agreement: expected.agreement, dimension: expected.dimension, hour: hour,
                        verdict: verdict))
            }
        }
    }

    /// Nil where the hour is as expected.
    private static func verdict(
        _ quantity: String?, _ found: [Usage], _ refused: [RefusedCall]
    ) -> String? {
        guard let first = found.first else {
            let late = refused.filter { $0.error == "TimestampOutOfBoundsException" }
            if let call = late.first {
                return "late: request \(call.id) was refused, \(call.error)"
            }
            if let call = refused.last {
                return "refused: request \(call.id) got \(call.error), and none after it succeeded"
            }
            return "lost: nothing was recorded, and no request tried to"
        }
        if found.count > 1 {
            let ids = found.map {
                "\($0.id) by \($0.license == nil ? "ProductCode" : "LicenseArn")"
            }
            return "double: billed as " + ids.joined(separator: " and as ")
        }
        if let quantity, quantity != first.quantity {
            return "wrong: \(first.quantity) was recorded, not \(quantity), as \(first.id)"
        }
        return nil
    }
}

extension ScenarioCheck.Usage {
    fileprivate func counts(
        for party: ScenarioRecord.Party, _ dimension: String, _ hour: String
    ) -> Bool {
        buyer == party.buyerAccountID && product == party.productCode
            && self.dimension == dimension && self.hour == hour
            && license.map { $0 == party.licenseARN } ?? true
    }
}

extension ScenarioCheck.RefusedCall.Reported {
    fileprivate func `is`(
        of party: ScenarioRecord.Party, _ dimension: String, _ hour: String
    ) -> Bool {
        self.dimension == dimension && self.hour == hour
            && (names.contains(party.buyerAccountID) || names.contains(party.licenseARN))
    }
}

extension ScenarioCheck.Usage {
    /// A record as the control API has it.
    init(_ item: JSONValue) {
        self.init(
            buyer: item["buyerAccountId"]?.text ?? "", product: item["productCode"]?.text ?? "",
            license: item["licenseArn"]?.text, dimension: item["dimension"]?.text ?? "",
            hour: item["hour"]?.text ?? "", quantity: item["quantity"]?.text ?? "",
            id: item["meteringRecordId"]?.text ?? "")
    }
}

extension ScenarioCheck.RefusedCall {
    /// A refused call of the audit trail; nil for one that was not refused.
    init?(_ item: JSONValue) {
        guard let error = item["errorCode"]?.text else { return nil }
        let records = item["requestParameters"]?["usageRecords"].map { Array($0.elements) } ?? []
        self.init(
            id: item["requestID"]?.text ?? "", error: error,
            records: records.compactMap { record in
                guard let text = record["timestamp"]?.text,
                    let timestamp = Timestamp(trailText: text)
                else { return nil }
                let names = ["customerAWSAccountID", "customerIdentifier", "licenseArn"]
                return Reported(
                    names: Set(names.compactMap { record[$0]?.text }),
                    dimension: record["dimension"]?.text ?? "",
                    hour: timestamp.hour.start.iso8601)
            })
    }
}

extension Timestamp {
    /// Reads a time of the audit trail, such as "Apr 19, 2018 4:32:50 PM".
    init?(trailText text: String) {
        let words = text.split { " ,:".contains($0) }.map(String.init)
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        guard words.count == 7, let month = months.firstIndex(of: words[0]),
            let day = Int(words[1]), let year = Int64(words[2]), let hour = Int64(words[3]),
            let minute = Int64(words[4]), let second = Int64(words[5])
        else { return nil }
        let date = CalendarDate(year: year, month: month + 1, day: day)
        let afternoon: Int64 = words[6] == "PM" ? 12 : 0
        let ofDay = (hour % 12 + afternoon) * 3600 + minute * 60 + second
        self.init(seconds: date.daysSinceEpoch * 86_400 + ofDay)
    }
}
