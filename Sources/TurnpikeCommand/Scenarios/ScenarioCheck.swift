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

    /// What a call was refused for, and the hours that it would have reported: the exception, or
    /// for records that a successful call did not take, their status.
    struct Refusal {
        let id: String
        let error: String
        let records: [Reported]

        struct Reported: Hashable {
            /// The account, the CustomerIdentifier or the licence.
            let names: Set<ExactText>
            let dimension: String
            let hour: String
        }
    }

    private(set) var findings: [Finding] = []
    private(set) var hours = 0
    /// The refusals that concern the scenario's agreements.
    let refused: [Refusal]

    init(_ record: ScenarioRecord, usage: [Usage], refused: [Refusal]) {
        let names = record.agreements.values.reduce(into: Set()) { $0.formUnion($1.names) }
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
        _ quantity: String?, _ found: [Usage], _ refused: [Refusal]
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
        buyer.hasSameBytes(as: party.buyerAccountID)
            && product.hasSameBytes(as: party.productCode)
            && self.dimension.hasSameBytes(as: dimension) && self.hour == hour
            && (license.map { $0.hasSameBytes(as: party.licenseARN) } ?? true)
    }
}

extension ScenarioCheck.Refusal.Reported {
    fileprivate func `is`(
        of party: ScenarioRecord.Party, _ dimension: String, _ hour: String
    ) -> Bool {
        self.dimension.hasSameBytes(as: dimension) && self.hour == hour
            && !names.isDisjoint(with: party.names)
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

extension ScenarioRecord.Party {
    /// What a record calls the buyer by.
    fileprivate var names: Set<ExactText> {
        Set([buyerAccountID, licenseARN, customerIdentifier].compactMap { $0.map(ExactText.init) })
    }
}

extension ScenarioCheck.Refusal {
    /// What an item of the audit trail was refused for.
    static func all(in item: JSONValue) -> [Self] {
        let id = item["requestID"]?.text ?? ""
        if let error = item["errorCode"]?.text {
            let records = item["requestParameters"]?["usageRecords"]?.elements.compactMap {
                Reported($0)
            }
            return [Self(id: id, error: error, records: records ?? [])]
        }
        let answer = item["responseElements"]
        let results = answer?["results"].map { Array($0.elements) } ?? []
        let unprocessed = answer?["unprocessedRecords"].map { Array($0.elements) } ?? []
        let statuses = results.map { ($0["status"]?.text ?? "", $0["usageRecord"]) }
        return Dictionary(
            grouping: statuses + unprocessed.map { ("UnprocessedRecords", $0) }, by: \.0
        )
        .filter { $0.key != "Success" }
        .map { status, records in
            Self(
                id: id, error: status,
                records: records.compactMap { $0.1.flatMap { Reported($0) } })
        }
    }
}

extension ScenarioCheck.Refusal.Reported {
    /// A record of a request or an answer; nil where its time cannot be read.
    fileprivate init?(_ record: JSONValue) {
        guard let text = record["timestamp"]?.text,
            let timestamp = Timestamp(trailText: text)
        else { return nil }
        names = Set(
            ["customerAWSAccountID", "customerIdentifier", "licenseArn"].compactMap {
                record[$0].map { ExactText($0.text) }
            })
        dimension = record["dimension"]?.text ?? ""
        hour = timestamp.hour.start.iso8601
    }
}

extension Timestamp {
    /// Reads a time of the audit trail, such as "Apr 19, 2018 4:32:50 PM".
    init?(trailText text: String) {
        let words = text.split { " ,:".contains($0) }.map(String.init)
        guard words.count == 7, let month = CalendarDate.monthNames.firstIndex(of: words[0]),
            let day = WholeNumber.digits(words[1], atMost: 2, in: 1...31),
            let year = WholeNumber.digits(words[2], atMost: 4, in: 0...9999),
            let hour = WholeNumber.digits(words[3], atMost: 2, in: 1...12),
            let minute = WholeNumber.digits(words[4], atMost: 2, in: 0...59),
            let second = WholeNumber.digits(words[5], atMost: 2, in: 0...59)
        else { return nil }
        let date = CalendarDate(year: year, month: month + 1, day: Int(day))
        let afternoon: Int64 = words[6] == "PM" ? 12 : 0
        let ofDay = (hour % 12 + afternoon) * 3600 + minute * 60 + second
        self.init(seconds: date.daysSinceEpoch * 86_400 + ofDay)
    }
}
