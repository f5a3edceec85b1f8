import Foundation
import GRDB
import Marketplace
import MeteringAPI
import StoreContract
import Synchronization

@testable import DurableFile
@testable import SQLiteStore

/// A data file that has everything in it: every table, indexes with pages above their leaves, rows
/// that spill over into pages of their own, and pages that are free.
struct DamageSample: Sendable {
    /// The names and bytes of the file and of what lies beside it.
    let files: [String: [UInt8]]
    /// What was acknowledged, in the calls in which it was sent.
    let calls: [[UsageEntry]]
    /// What a store says that has the file as it was written.
    let answers: StoreAnswers

    /// The pages of a table or an index, its leaves last.
    func pages(of table: String) throws -> [Int] { try Self.pages(of: table, in: files) }

    static func pages(of table: String, in files: [String: [UInt8]]) throws -> [Int] {
        let copy = try DamagedCopy(of: files)
        defer { copy.remove() }
        let file = try DatabaseQueue(path: copy.dataFile)
        let pages = try file.read {
            try Int.fetchAll(
                $0, sql: "SELECT pageno FROM dbstat WHERE name = ? ORDER BY pagetype = 'leaf'",
                arguments: [table])
        }
        try file.close()
        return pages
    }

    /// A file whose server has stopped.
    static func closed() async throws -> DamageSample { try await made(isKilled: false) }

    /// A file whose server was killed, with a log that was not folded back.
    static func killed() async throws -> DamageSample { try await made(isKilled: true) }

    /// Samples that were made, for the tests that come after.
    private static let known = Mutex<[Bool: DamageSample]>([:])

    private static func made(isKilled: Bool) async throws -> DamageSample {
        if let sample = known.withLock({ $0[isKilled] }) { return sample }
        let sample = try await make(isKilled: isKilled)
        known.withLock { $0[isKilled] = sample }
        return sample
    }

    private static func make(isKilled: Bool) async throws -> DamageSample {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let calls = usage()
        var store = try SQLiteStore(path: folder.dataFile)
        try await store.save(facts())
        for number in 0..<120 {
            try await store.save([.publish(.sample, deliveries: deliveries(of: number))])
        }
        for target in 0..<3 {
            _ = try await store.claim(
                "target-\(target)", for: "one", at: .noon, until: .noon.adding(hours: 1))
        }
        let logged = isKilled ? 12 : 0
        for call in calls.dropLast(logged) { _ = try await store.record(call) }
        // What is removed leaves pages that are free.
        try await store.save(spareTokens.map { .put(.registrationToken($0)) })
        try await store.save(
            spareTokens.map { .remove(CatalogFact.registrationToken($0).key) })
        if isKilled {
            await store.close()
            store = try SQLiteStore(path: folder.dataFile)
            for call in calls.suffix(logged) { _ = try await store.record(call) }
        }
        if !isKilled { await store.close() }
        var files: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        where !name.hasSuffix("-shm") {
            files[name] = Array(
                try Data(contentsOf: URL(fileURLWithPath: folder.path(name))))
        }
        if isKilled { await store.close() }
        let copy = try DamagedCopy(of: files)
        defer { copy.remove() }
        let sound = try SQLiteStore(path: copy.dataFile)
        let answers = await StoreAnswers(of: sound, sendingAgain: calls)
        await sound.close()
        return DamageSample(files: files, calls: calls, answers: answers)
    }

    /// Hours with two products each, some with allocations that fill pages, and tokens.
    private static func usage() -> [[UsageEntry]] {
        var calls: [[UsageEntry]] = []
        for hour in 0..<100 {
            for product in ["prod", "product-with-a-longer-name"] {
                let start = calls.count * 10
                calls.append(
                    (0..<7).map { index in
                        let hasAllocations = index == 0 && hour % 10 == 0
                        let number = start + index
                        return .sample(
                            number,
                            .sample(
                                product: product,
                                license: index % 3 == 0 ? "arn:aws:license:\(hour % 20)" : nil,
                                buyer: String(111_122_220_000 + hour), dimension: "d\(index)"),
                            quantity: Quantity(millionths: Int64(number + 1) * 100),
                            at: .noon.adding(hours: Int64(hour)),
                            allocations: hasAllocations
                                ? allocations(of: Int64(number + 1) * 100) : [])
                    })
            }
            let start = calls.count * 10
            calls.append([
                .sample(
                    start, .sample(resource: "runtime/\(hour)"),
                    at: .noon.adding(hours: Int64(hour)), operation: .meterUsage,
                    // Within a day, so that none of the tokens is forgotten.
                    recordedAt: .noon.adding(hours: 100), isOncePerHour: false,
                    token: .sample("token-\(hour)", resource: "runtime/\(hour)"))
            ])
        }
        return calls
    }

    /// Allocations whose text takes more than a page.
    private static func allocations(of millionths: Int64) -> [RecordedAllocation] {
        let parts = (0..<60).map { index in
            RecordedAllocation(
                quantity: Quantity(millionths: 1),
                tags: ["team": "a team with a long name, number \(index)", "more": "\(index)"])
        }
        return parts + [
            RecordedAllocation(quantity: Quantity(millionths: millionths - 60), tags: [:])
        ]
    }

    private static func facts() -> [CatalogChange] {
        let accounts = (0..<150).map { index in
            CatalogFact.account(
                Account(
                    id: String(111_122_220_000 + index), role: .buyer,
                    name: "The buyer with the number \(index)"))
        }
        let products = ["prod", "product-with-a-longer-name"].map { code in
            CatalogFact.product(
                Product(
                    code: code, type: .saas, title: "P", sellerAccountID: "999988887777",
                    dimensions: (0..<7).map { Dimension(name: "d\($0)") }))
        }
        let tokens = (0..<50).map { index in
            CatalogFact.registrationToken(
                RegistrationToken(
                    digest: "digest-\(index)", agreementID: "agmt-\(index)",
                    expiresAt: .noon.adding(hours: 4)))
        }
        let keys = (1...20).map {
            CatalogFact.signingKey(
                RegistrationKey(
                    productCode: "prod", version: $0,
                    publicKeyPEM: String(repeating: "key", count: 500)))
        }
        let workloads = (0..<60).map { index in
            var workload = RegisteredWorkload(
                productCode: "prod", accountID: "111122220000", resourceID: "task-\(index)",
                region: "us-east-1"
            ).started(at: .noon, isFree: index % 2 == 0)
            workload.isAssumed = index % 3 == 0
            return CatalogFact.registeredWorkload(workload)
        }
        return (accounts + products + tokens + keys + workloads).map { .put($0) }
    }

    private static let spareTokens = (0..<200).map { index in
        RegistrationToken(
            digest: "spare-\(index)-\(String(repeating: "x", count: 200))",
            agreementID: "agmt-\(index)", expiresAt: .noon.adding(hours: 4))
    }

    private static func deliveries(of number: Int) -> [PlannedDelivery] {
        (0...number % 3).map {
            PlannedDelivery(
                target: "target-\($0)", time: .noon.adding(seconds: Int64(number)))
        }
    }
}

/// A sample's files in a folder of their own, to be damaged.
struct DamagedCopy {
    private let folder: TemporaryFolder
    var dataFile: String { folder.dataFile }

    init(of files: [String: [UInt8]]) throws {
        folder = try TemporaryFolder()
        for (name, bytes) in files {
            try Data(bytes).write(to: URL(fileURLWithPath: folder.path(name)))
        }
    }

    func remove() { folder.remove() }

    /// The sentences of the file's check; that of a refusal where it is refused.
    func findings() -> [String] {
        do throws(OpenError) {
            return try DataFileCheck(path: dataFile).findings
        } catch {
            return [error.description]
        }
    }
}
