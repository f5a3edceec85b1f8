import FoundationEssentials
import MeteringAPI

/// What a run leaves behind for `turnpike scenario check`.
struct ScenarioRecord: Codable {
    struct Party: Codable {
        var agreementID: String
        var licenseARN: String
        var productCode: String
        var buyerAccountID: String
        /// Absent in records of runs before 0.2.
        var customerIdentifier: String?
    }

    struct Expected: Codable {
        var agreement: String
        var dimension: String
        /// ISO 8601, the first hour and the one after the last.
        var from: String
        var to: String
        var quantity: String?

        /// Whether its hours are so few that they can be looked at one by one.
        fileprivate var isBounded: Bool {
            guard let from = Timestamp(iso8601: from), let to = Timestamp(iso8601: to) else {
                return true
            }
            return to.milliseconds(since: from) <= CommandLimits.scenarioSeconds * 1000
        }
    }

    var scenario: String
    var agreements: [String: Party]
    var expected: [Expected]
    /// Where the audit trail stood at the start.
    var trailCursor: String

    /// In the folder where the command runs; of a file's path, only its name counts.
    static func defaultPath(_ name: String) -> String {
        ".turnpike-scenario-\(name.split(separator: "/").last ?? "").json"
    }

    func save(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure("\(path) cannot be written: name another with --record")
        }
    }

    init(
        scenario: String, agreements: [String: Party], expected: [Expected], trailCursor: String
    ) {
        self.scenario = scenario
        self.agreements = agreements
        self.expected = expected
        self.trailCursor = trailCursor
    }

    init(path: String) throws(CommandFailure) {
        do {
            self = try JSONDecoder().decode(
                ScenarioRecord.self, from: try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandFailure(
                "\(path) holds no run of a scenario: run it first, or name the file with --record")
        }
        guard expected.allSatisfy(\.isBounded) else {
            throw CommandFailure(
                "\(path) expects usage of more than ten years, as no scenario does: run it again")
        }
    }
}
