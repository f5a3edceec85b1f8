import AWSWire
import ArgumentParser

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

    @Flag(help: "Print a JSON array of the records instead of a table.")
    var json = false

    func run() async throws {
        let control = try server.control()
        var table = UsageTable([])
        var printed = 0
        // Records as JSON are printed as they come, because each may have a megabyte.
        try await control.pages("/control/v1/usage", query) { items in
            guard json else { return table.add(items) }
            let text = UsageTable.json(items, after: printed, isOver: false)
            Terminal.printJSON(text, terminator: "")
            printed += items.count
        }
        if json {
            Terminal.printJSON(UsageTable.json([], after: printed), terminator: "")
        } else {
            Terminal.print(table.text, terminator: "")
        }
    }

    private var query: [(String, String)] {
        [
            ("productCode", productCode), ("buyerAccountId", buyer), ("dimension", dimension),
            ("from", from), ("to", to),
        ].compactMap { name, value in value.map { (name, $0) } }
    }
}

/// Records as a table for people, with columns as wide as what is in them.
struct UsageTable {
    private var rows: [[String]] = []

    private static let columns: [(title: String, member: String)] = [
        ("TIMESTAMP", "timestamp"), ("PRODUCT", "productCode"), ("BUYER", "buyerAccountId"),
        ("RESOURCE", "resourceId"), ("DIMENSION", "dimension"), ("QUANTITY", "quantity"),
        ("REGION", "region"), ("RECORD", "meteringRecordId"),
    ]

    init(_ items: [JSONDocument]) { add(items) }

    mutating func add(_ items: [JSONDocument]) {
        rows += items.map { item in
            Self.columns.map { item.root[$0.member]?.text.oneLine ?? "-" }
        }
    }

    var text: String {
        guard !rows.isEmpty else { return "Nothing is recorded.\n" }
        // A column in which nothing stands is left out.
        let shown = Self.columns.indices.filter { index in rows.contains { $0[index] != "-" } }
        let table = [Self.columns.map(\.title)] + rows
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
