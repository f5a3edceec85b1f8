import DurableFile
import GRDBSQLite
package import Marketplace
package import MeteringAPI

/// The outbox: who is to be told of an event, and what became of it.
///
/// Used on the writing connection only.
struct DeliveryTable {
    private let insert: PreparedStatement
    private let number: PreparedStatement
    private let replace: PreparedStatement
    private let remove: PreparedStatement
    private let claims: ClaimTable

    fileprivate static let columns = "number, event, target, state, attempts, time, error, checksum"

    init(on connection: OpaquePointer) throws(SQLiteFailure) {
        insert = try PreparedStatement(
            """
            INSERT INTO delivery (event, target, state, attempts, time, checksum)
            VALUES (?, ?, ?, 0, ?, 0)
            """, on: connection)
        number = try PreparedStatement(
            "UPDATE delivery SET checksum = ? WHERE number = ?", on: connection)
        replace = try PreparedStatement(
            """
            UPDATE delivery SET state = ?, attempts = ?, time = ?, error = ?, checksum = ?
            WHERE number = ?
            """, on: connection)
        remove = try PreparedStatement("DELETE FROM delivery WHERE target = ?", on: connection)
        claims = try ClaimTable(on: connection)
    }

    func add(_ planned: PlannedDelivery, of event: Int64) throws(SQLiteFailure) {
        insert.bind(1, event)
        insert.bind(2, planned.target)
        insert.bind(3, planned.delivery(number: 0, event: event).state.stored)
        insert.bind(4, planned.time.milliseconds)
        try insert.run()
        // The sum has the number in it, which SQLite gives.
        let row = insert.insertedRow
        number.bind(1, Self.checksum(of: planned.delivery(number: row, event: event)))
        number.bind(2, row)
        try number.run()
    }

    func claim(_ target: String, _ wanted: DeliveryClaim, at time: Timestamp) throws(SQLiteFailure)
        -> DeliveryClaim
    {
        if let held = try claims.find(target), !held.admits(wanted.claimant, at: time) {
            return held
        }
        try claims.put(wanted, of: target)
        return wanted
    }

    /// Stores what became of an attempt of this server, if its claim was the last; says whether.
    func settle(_ delivery: Delivery, by claimant: String) throws(SQLiteFailure) -> Bool {
        guard let claim = try claims.find(delivery.target),
            claim.claimant.hasSameBytes(as: claimant)
        else { return false }
        replace.bind(1, delivery.state.stored)
        replace.bind(2, delivery.attempts)
        replace.bind(3, delivery.time.milliseconds)
        replace.bind(4, delivery.lastError)
        replace.bind(5, Self.checksum(of: delivery))
        replace.bind(6, delivery.number)
        return try replace.run() > 0
    }

    func forget(target: String) throws(SQLiteFailure) {
        remove.bind(1, target)
        try remove.run()
        try claims.forget(target)
    }

    /// Whether a row of all columns is one that was written to this table.
    static func isSound(_ row: PreparedStatement) -> Bool { row.delivery != nil }

    fileprivate static func checksum(of delivery: Delivery) -> Int64 {
        var checksum = Checksum()
        for number in [
            delivery.number, delivery.event, delivery.state.stored, delivery.attempts,
            delivery.time.milliseconds,
        ] {
            checksum.add(number)
        }
        checksum.add(delivery.target)
        checksum.add(delivery.lastError ?? "")
        return checksum.value
    }

    /// What is wrong with the rows, as sentences.
    static func findings(on connection: OpaquePointer) throws(SQLiteFailure) -> [String] {
        let rows = try PreparedStatement(
            """
            SELECT \(columns), EXISTS (SELECT 1 FROM event WHERE event.number = delivery.event)
            FROM delivery
            """, on: connection)
        var findings: [String] = []
        while try rows.step() {
            if rows.delivery == nil {
                findings.append("delivery \(rows.integer(0)) is not what was written")
            } else if rows.integer(8) == 0 {
                findings.append("delivery \(rows.integer(0)) is of an event that is not there")
            }
        }
        return findings
    }
}

extension SQLiteStore {
    package func deliveries(
        _ filter: DeliveryFilter, after number: Int64, limit: Int
    ) async throws(StoreError) -> [Delivery] {
        try await read("the deliveries") { connection in
            let rows = try PreparedStatement(
                """
                SELECT \(DeliveryTable.columns) FROM delivery WHERE number > ?
                \(filter.target == nil ? "" : "AND target = ?3")
                \(filter.state.map { "AND state = \($0.stored)" } ?? "")
                ORDER BY number LIMIT ?2
                """, on: connection)
            rows.bind(1, number)
            rows.bind(2, Int64(limit))
            if let target = filter.target { rows.bind(3, target) }
            return try rows.deliveries()
        }
    }

    package func waitingDeliveries() async throws(StoreError) -> [WaitingDeliveries] {
        try await read("the deliveries") { connection in
            // All columns are in the index of what waits, so no delivery itself is read.
            let rows = try PreparedStatement(
                """
                SELECT target, count(*), min(number) FROM delivery WHERE state = 0
                GROUP BY target ORDER BY target
                """, on: connection)
            let event = try PreparedStatement(
                "SELECT event FROM delivery WHERE number = ?", on: connection)
            var waiting: [WaitingDeliveries] = []
            while try rows.step() {
                event.bind(1, rows.integer(2))
                defer { event.reset() }
                let oldest = try event.step() ? event.integer(0) : 0
                waiting.append(
                    WaitingDeliveries(
                        target: rows.text(0), count: Int(rows.integer(1)), oldestEvent: oldest))
            }
            return waiting
        }
    }

    package func outbox(
        of target: String, at time: Timestamp, limit: Int
    ) async throws(StoreError) -> Outbox {
        try await read("the deliveries") { connection in
            let rows = try PreparedStatement(
                """
                SELECT \(DeliveryTable.columns) FROM delivery
                WHERE target = ? AND state = 0 AND time <= ? ORDER BY number LIMIT ?
                """, on: connection)
            rows.bind(1, target)
            rows.bind(2, time.milliseconds)
            rows.bind(3, Int64(limit))
            let due = try rows.deliveries()
            let next = try PreparedStatement(
                "SELECT min(time) FROM delivery WHERE target = ? AND state = 0", on: connection)
            next.bind(1, target)
            let first = try next.step() ? next.optionalInteger(0) : nil
            return Outbox(due: due, next: first.map { Timestamp(milliseconds: $0) })
        }
    }
}

extension PreparedStatement {
    fileprivate func deliveries() throws(SQLiteFailure) -> [Delivery] {
        var deliveries: [Delivery] = []
        while try step() {
            guard let delivery else {
                throw SQLiteFailure(
                    code: SQLITE_CORRUPT,
                    message: "delivery \(integer(0)) is not what was written")
            }
            deliveries.append(delivery)
        }
        return deliveries
    }

    /// The row's delivery; nil where it is not what was written.
    fileprivate var delivery: Delivery? {
        guard let state = Delivery.State(stored: integer(3)) else { return nil }
        let delivery = Delivery(
            number: integer(0), event: integer(1), target: text(2), state: state,
            attempts: integer(4), time: Timestamp(milliseconds: integer(5)),
            lastError: optionalText(6))
        return DeliveryTable.checksum(of: delivery) == integer(7) ? delivery : nil
    }
}

extension Delivery.State {
    fileprivate var stored: Int64 {
        switch self {
        case .waiting: 0
        case .delivered: 1
        case .dropped: 2
        }
    }

    fileprivate init?(stored: Int64) {
        guard let state = Self.allCases.first(where: { $0.stored == stored }) else { return nil }
        self = state
    }
}
