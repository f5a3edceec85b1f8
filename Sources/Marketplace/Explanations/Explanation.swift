package import MeteringAPI

/// Why a request was answered as it was; a value that is put into words only when asked.
package struct Explanation: Sendable {
    package var rule: Rule
    /// What decided, as a sentence; nil where the records say it all.
    package var reason: String?
    /// The contract by name; nil where the request was answered before one was chosen.
    package var contract: String?
    /// Members that the contract's model does not know.
    package var ignoredMembers: [String]
    /// How values were changed on their way in.
    package var notes: [String]
    package var records: [RecordExplanation]
    /// What a signature that did not fit should have been made of.
    package var expectedSignature: ExpectedSignature?

    package init(
        rule: Rule, reason: String? = nil, contract: String? = nil,
        ignoredMembers: [String] = [], notes: [String] = [], records: [RecordExplanation] = []
    ) {
        self.rule = rule
        self.reason = reason
        self.contract = contract
        self.ignoredMembers = ignoredMembers
        self.notes = notes
        self.records = records
    }

    /// The explanation of a refusal.
    package init(_ refusal: Refusal) {
        self.init(rule: refusal.rule, reason: refusal.reason)
        guard let index = refusal.recordIndex else { return }
        reason = "record \(index + 1): \(refusal.reason)"
        records = [
            RecordExplanation(index: index, outcome: .refused(refusal.reason))
        ]
    }

    /// One line: what decided, and what else a developer would want to know.
    package var summary: String {
        var parts = [reason ?? recordSummary]
        if !ignoredMembers.isEmpty {
            let verb = ignoredMembers.count == 1 ? "is" : "are"
            parts.append(
                "\(listed(ignoredMembers)) \(verb) unknown to contract \(contract ?? "")")
        }
        parts += notes
        return parts.joined(separator: "; ")
    }

    private var recordSummary: String {
        var counts: [(kind: RecordExplanation.Outcome.Kind, count: Int)] = []
        // By index, because a copy of a record counts its references, and this is for every answer.
        for record in records.indices {
            let kind = records[record].outcome.kind
            if let index = counts.firstIndex(where: { $0.kind == kind }) {
                counts[index].count += 1
            } else {
                counts.append((kind, 1))
            }
        }
        var text = counts.map { "\($0.count) \($0.kind.rawValue)" }.joined(separator: ", ")
        if text.isEmpty { text = "nothing to record" }
        if let index = records.indices.first(where: { records[$0].isRemarkable }) {
            let remarkable = records[index]
            text += "; record \(remarkable.index + 1): \(remarkable.reason)"
        }
        return text
    }
}

/// What a request should have been signed as, in the two texts that AWS names; no secret is in
/// them.
package struct ExpectedSignature: Sendable, Hashable {
    package var accessKeyID: String
    package var canonicalRequest: String
    package var stringToSign: String

    package init(accessKeyID: String, canonicalRequest: String, stringToSign: String) {
        self.accessKeyID = accessKeyID
        self.canonicalRequest = canonicalRequest
        self.stringToSign = stringToSign
    }
}

/// Why one record was answered as it was.
package struct RecordExplanation: Sendable {
    /// What became of one record, with what an explanation needs.
    package enum Outcome: Sendable, Hashable {
        case recorded(MeteringRecordID, billedTwiceWith: EarlierRecord?)
        case alreadyRecorded(EarlierRecord)
        case conflict(EarlierRecord)
        case tokenReplayed(MeteringRecordID)
        case tokenConflict
        case unprocessed
        case notSubscribed(String)
        case dryRun
        case refused(String)

        /// An outcome without what belongs to it, by the name that explanations use.
        package enum Kind: String, Sendable, CaseIterable {
            case recorded, alreadyRecorded, conflict, tokenReplayed, tokenConflict, unprocessed
            case notSubscribed, dryRun, refused
        }

        package var kind: Kind {
            switch self {
            case .recorded: .recorded
            case .alreadyRecorded: .alreadyRecorded
            case .conflict: .conflict
            case .tokenReplayed: .tokenReplayed
            case .tokenConflict: .tokenConflict
            case .unprocessed: .unprocessed
            case .notSubscribed: .notSubscribed
            case .dryRun: .dryRun
            case .refused: .refused
            }
        }
    }

    /// From 0, as in the request.
    package var index: Int
    package var outcome: Outcome
    /// What the record was counted by; nil where it never came to that.
    package var series: UsageSeries?
    package var hour: Hour?
    package var quantity: Quantity?
    /// Whether its series has one record an hour.
    package var isOncePerHour: Bool

    package init(
        index: Int, outcome: Outcome, series: UsageSeries? = nil, hour: Hour? = nil,
        quantity: Quantity? = nil, isOncePerHour: Bool = true
    ) {
        self.index = index
        self.outcome = outcome
        self.series = series
        self.hour = hour
        self.quantity = quantity
        self.isOncePerHour = isOncePerHour
    }

    /// What became of an entry; nil where it was not stored this time.
    package init(index: Int, entry: UsageEntry, outcome: RecordOutcome?) {
        let explained: Outcome =
            switch outcome {
            case .recorded(let id, let twin): .recorded(id, billedTwiceWith: twin)
            case .alreadyRecorded(let earlier): .alreadyRecorded(earlier)
            case .conflict(let earlier): .conflict(earlier)
            case .tokenReplayed(let id): .tokenReplayed(id)
            case .tokenConflict: .tokenConflict
            case nil: .unprocessed
            }
        self.init(
            index: index, outcome: explained, series: entry.series, hour: entry.timestamp.hour,
            quantity: entry.quantity, isOncePerHour: entry.isOncePerHour)
    }

    package var meteringRecordID: MeteringRecordID? {
        switch outcome {
        case .recorded(let id, _), .tokenReplayed(let id): id
        case .alreadyRecorded(let earlier): earlier.id
        default: nil
        }
    }

    /// The record that this one met.
    package var earlier: EarlierRecord? {
        switch outcome {
        case .recorded(_, let twin): twin
        case .alreadyRecorded(let earlier), .conflict(let earlier): earlier
        default: nil
        }
    }

    /// Whether a developer should hear of it without asking.
    var isRemarkable: Bool {
        switch outcome {
        case .recorded(_, let twin): twin != nil
        case .alreadyRecorded(let earlier): !earlier.hasSameAllocations
        case .tokenReplayed: false
        default: true
        }
    }

    /// Everything that the record was counted by, as text; nil where it never came to that.
    package var key: String? {
        guard let series, let hour else { return nil }
        var parts = ["product \(series.productCode)"]
        if let license = series.licenseARN { parts.append("license \(license)") }
        parts.append("buyer \(series.buyerAccountID)")
        if let resource = series.resourceID { parts.append("resource \(resource)") }
        parts.append("dimension \(series.dimension)")
        parts.append("region \(series.region)")
        parts.append("hour \(hour.start.iso8601)")
        return parts.joined(separator: " / ")
    }

    /// A sentence.
    package var reason: String {
        switch outcome {
        case .recorded(_, nil):
            isOncePerHour ? "the first of its hour" : "the first with its ClientToken"
        case .recorded(_, let twin?):
            "BILLED TWICE: the same buyer, dimension and hour was already metered "
                + (series?.space == .license ? "by ProductCode" : "by LicenseArn")
                + " as \(twin.id)"
        case .alreadyRecorded(let earlier):
            "the same quantity was recorded at \(earlier.recordedAt.iso8601)"
                + (earlier.hasSameAllocations ? "" : "; the first allocations stay")
        case .conflict(let earlier):
            "\(earlier.quantity) was recorded first, as \(earlier.id), and is billed; "
                + "\(quantity?.description ?? "this") was not recorded"
        case .tokenReplayed: "the ClientToken came before with the same request"
        case .tokenConflict: "the ClientToken came before with another request"
        case .unprocessed: "it could not be stored this time; send it again"
        case .notSubscribed(let reason), .refused(let reason): reason
        case .dryRun:
            "a dry run: it meets every rule; what is recorded was not looked at, and nothing is "
                + "stored"
        }
    }
}
