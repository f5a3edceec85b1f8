import AWSWire
import ArgumentParser
import Marketplace

struct Usage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Print a table of the usage that is recorded.",
        discussion: """
            The oldest hour comes first. TURNPIKE_CONTROL_TOKEN is sent where it is set, for \
            servers that ask for it.
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: "Only usage of this product.")
    var productCode: String?

    @Option(help: "Only usage of this buyer's account.")
    var buyer: String?

    @Option(help: "Only usage of this dimension.")
    var dimension: String?

    @Option(help: "Only usage from this time on, as in 2026-12-01T05:00:00Z.")
    var from: String?

    @Option(help: "Only usage before this time.")
    var to: String?

    @Option(
        help: ArgumentHelp(
            "Print sums by these members, with commas between them.",
            discussion: UsageGrouping.allCases.map(\.rawValue).joined(separator: ", "),
            valueName: "members"))
    var totals: String?

    @Flag(help: "Print a JSON array instead of a table.")
    var json = false

    @Flag(help: "Print comma-separated values, with all columns, instead of a table.")
    var csv = false

    func validate() throws {
        guard !json || !csv else { throw ValidationError("--json and --csv exclude each other") }
        for name in groupings where UsageGrouping(rawValue: name) == nil {
            let names = UsageGrouping.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--totals takes \(names), not '\(name)'")
        }
    }

    func run() async throws {
        let control = try server.control()
        var table = UsageTable([], columns: columns)
        var printed = 0
        let path = "/control/v1/usage" + (totals == nil ? "" : "/totals")
        // Records as JSON are printed as they come, because each may have a megabyte.
        try await control.pages(path, query) { items in
            guard json else { return table.add(items) }
            let text = UsageTable.json(items, after: printed, isOver: false)
            Terminal.printJSON(text, terminator: "")
            printed += items.count
        }
        if json {
            Terminal.printJSON(UsageTable.json([], after: printed), terminator: "")
        } else {
            Terminal.print(csv ? table.csv : table.text, terminator: "")
        }
    }

    private var groupings: [String] {
        totals?.split(separator: ",").map(String.init) ?? []
    }

    private var columns: [UsageTable.Column] {
        guard totals != nil else { return UsageTable.ofRecords }
        return groupings.map { UsageTable.Column(title: $0.uppercased(), member: $0) }
            + UsageTable.ofSums
    }

    private var query: [(String, String)] {
        [
            ("productCode", productCode), ("buyerAccountId", buyer), ("dimension", dimension),
            ("from", from), ("to", to),
            ("groupBy", totals == nil ? nil : groupings.joined(separator: ",")),
        ].compactMap { name, value in value.map { (name, $0) } }
    }
}

/// Records, or sums of them, as a table for people, with columns as wide as what is in them, or as
/// comma-separated values for programs.
struct UsageTable {
    /// A column, with the member of the control API that it shows.
    struct Column {
        let title: String
        let member: String
    }

    private let columns: [Column]
    private var rows: [[String?]] = []

    /// The licence is there for what was reported by licence, which is billed apart from what was
    /// reported by product code.
    static let ofRecords = [
        Column(title: "TIMESTAMP", member: "timestamp"),
        Column(title: "PRODUCT", member: "productCode"),
        Column(title: "BUYER", member: "buyerAccountId"),
        Column(title: "LICENCE", member: "licenseArn"),
        Column(title: "RESOURCE", member: "resourceId"),
        Column(title: "DIMENSION", member: "dimension"),
        Column(title: "QUANTITY", member: "quantity"),
        Column(title: "REGION", member: "region"),
        Column(title: "BILLED TWICE", member: "billedTwice"),
        Column(title: "RECORD", member: "meteringRecordId"),
    ]

    static let ofSums = [
        Column(title: "QUANTITY", member: "quantity"), Column(title: "RECORDS", member: "records"),
        Column(title: "BILLED TWICE", member: "billedTwice"),
    ]

    init(_ items: [JSONDocument], columns: [Column] = ofRecords) {
        self.columns = columns
        add(items)
    }

    mutating func add(_ items: [JSONDocument]) {
        rows += items.map { item in columns.map { Self.text(item.root[$0.member]) } }
    }

    private static func text(_ value: JSONValue?) -> String? {
        guard let value else { return nil }
        return switch value.kind {
        case .string: value.text
        case .number: value.numberText
        case .boolean: value.isTrue ? "yes" : "no"
        default: nil
        }
    }

    /// With the members' names in the first line (RFC 4180).
    var csv: String {
        ([columns.map(\.member)] + rows.map { row in row.map { $0 ?? "" } }).map { row in
            row.map { cell in
                let isPlain = !cell.contains { ",\"\n\r".contains($0) }
                return isPlain ? cell : "\"" + cell.replacing("\"", with: "\"\"") + "\""
            }.joined(separator: ",") + "\n"
        }.joined()
    }

    var text: String {
        guard !rows.isEmpty else { return "Nothing is recorded.\n" }
        // A column in which nothing stands is left out.
        let shown = columns.indices.filter { index in rows.contains { $0[index] != nil } }
        let cells = rows.map { row in
            columns.indices.map { index in
                let cell = row[index]?.oneLine ?? "-"
                // The end tells one licence from the other.
                return columns[index].title == "LICENCE"
                    ? cell.split(separator: ":").last.map(String.init) ?? cell : cell
            }
        }
        let table = [columns.map(\.title)] + cells
        let widths = shown.map { index in table.map { $0[index].count }.max() ?? 0 }
        return table.map { row in
            let cells = zip(shown, widths).map { index, width in
                row[index] + String(repeating: " ", count: width - row[index].count)
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    /// A JSON array, or what comes of it after so many records.
    static func json(
        _ items: [JSONDocument], after printed: Int = 0, isOver: Bool = true
    ) -> String {
        let texts = items.map { String(decoding: $0.text, as: UTF8.self) }
        let isBegun = printed > 0 || !isOver && items.isEmpty
        let begin = isBegun ? (items.isEmpty ? "" : ",\n ") : "["
        return begin + texts.joined(separator: ",\n ") + (isOver ? "]\n" : "")
    }
}
