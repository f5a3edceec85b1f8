import AWSWire

#if os(Linux)
    import AWSWire
    import Foundation
    import MeteringAPI
    import TestProcesses
    import Testing

    @Suite(
        "A server whose disk",
        .enabled(if: SmallDisk.isPermitted, "only a superuser may mount a small disk"))
    struct FullDiskTests {
        @Test("is full refuses cleanly, and goes on without a restart when there is room again")
        func fillsUp() async throws {
            let disk = try SmallDisk()
            defer { disk.remove() }
            let server = try await TurnpikeProcess(disk.arguments)
            var seller = Seller(port: server.port)
            try await seller.send(0..<3)
            #expect(seller.refused.isEmpty)
            try disk.fill(leaving: 131_072)
            for number in 3..<36 where seller.refused.count < 4 { try await seller.send([number]) }
            #expect(!seller.refused.isEmpty)
            #expect(try await seller.stored() == seller.acknowledged)

            try disk.free()
            let refused = seller.refused
            seller.refused = []
            try await seller.send(refused + Array(36..<40))
            #expect(seller.refused.isEmpty)
            #expect(try await seller.stored() == seller.acknowledged)
            #expect(try await server.terminate() == 0)

            let again = try await TurnpikeProcess(disk.arguments)
            #expect(try await Seller(port: again.port).stored() == seller.acknowledged)
            #expect(try await again.terminate() == 0)
        }

        @Test("is full when it is killed has everything when there is room again")
        func killedWhenFull() async throws {
            let disk = try SmallDisk()
            defer { disk.remove() }
            let server = try await TurnpikeProcess(disk.arguments)
            var seller = Seller(port: server.port)
            try await seller.send([0])
            try disk.fill(leaving: 65_536)
            for number in 1..<40 where seller.refused.isEmpty { try await seller.send([number]) }
            #expect(!seller.refused.isEmpty)
            try disk.fill(leaving: 0)
            try await server.kill()

            // It may start or say that it cannot; it must not do harm.
            if let hopeful = try? await TurnpikeProcess(disk.arguments) {
                try await hopeful.kill()
            }
            try disk.free()
            let again = try await TurnpikeProcess(disk.arguments)
            #expect(try await Seller(port: again.port).stored() == seller.acknowledged)
            #expect(try await again.terminate() == 0)
        }

        @Test("is full from the beginning does not start, and says why")
        func fullFromTheBeginning() async throws {
            let disk = try SmallDisk()
            defer { disk.remove() }
            try disk.fill(leaving: 0)
            let outcome = try await TurnpikeProcess.run(["serve", "--port", "0"] + disk.arguments)
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains("no room"), "\(outcome.errors)")
            try disk.free()
            #expect(try await TurnpikeProcess(disk.arguments).terminate() == 0)
        }

        @Test("is read-only does not start, and says why")
        func readOnly() async throws {
            let disk = try SmallDisk()
            defer { disk.remove() }
            #expect(try await TurnpikeProcess(disk.arguments).terminate() == 0)
            try disk.makeReadOnly()
            let outcome = try await TurnpikeProcess.run(["serve", "--port", "0"] + disk.arguments)
            #expect(outcome.status != 0)
            #expect(outcome.errors.contains("cannot be written"), "\(outcome.errors)")
        }
    }

    /// Sends batches that share no key, and remembers what it was told.
    private struct Seller {
        let client: SigningClient
        /// The quantity and id of each acknowledged record, by its dimension.
        var acknowledged: [String: [String]] = [:]
        var refused: [Int] = []

        init(port: Int) {
            client = SigningClient(
                port: port, accessKeyID: SmallDisk.accessKeyID,
                secretAccessKey: SmallDisk.secretAccessKey)
        }

        /// Sends the batches of these numbers; each is taken whole or refused whole.
        mutating func send(_ numbers: some Sequence<Int>) async throws {
            for number in numbers {
                let dimensions = (0..<25).map { "d\(number * 25 + $0)" }
                let answer = try await client.send(
                    .batchMeterUsage, Self.body(dimensions, quantity: number))
                let ids = (answer.root["Results"].map { Array($0.elements) } ?? []).compactMap {
                    $0["Status"]?.text == "Success" ? $0["MeteringRecordId"]?.text : nil
                }
                if ids.count == dimensions.count {
                    for (dimension, id) in zip(dimensions, ids) {
                        acknowledged[dimension] = ["\(number)", id]
                    }
                } else {
                    let unprocessed = answer.root["UnprocessedRecords"].map { Array($0.elements) }
                    let isFailure =
                        answer.root["__type"]?.text.hasSuffix("InternalServiceErrorException")
                        ?? false
                    #expect(isFailure || ids.isEmpty && unprocessed?.count == dimensions.count)
                    refused.append(number)
                }
            }
        }

        private static func body(_ dimensions: [String], quantity: Int) -> String {
            let now = Int(Date().timeIntervalSince1970) - 60
            let records = dimensions.map { dimension in
                """
                {"Timestamp":\(now),"CustomerAWSAccountId":"222233334444",\
                "Dimension":"\(dimension)","Quantity":\(quantity)}
                """
            }.joined(separator: ",")
            return #"{"ProductCode":"\#(SmallDisk.product)","UsageRecords":[\#(records)]}"#
        }

        /// What reports show, in the form of what was acknowledged.
        func stored() async throws -> [String: [String]] {
            let page = try await client.get("/control/v1/usage?limit=1000")
            var stored: [String: [String]] = [:]
            for item in page.root["items"].map({ Array($0.elements) }) ?? [] {
                stored[item["dimension"]?.text ?? "", default: []] += [
                    item["quantity"]?.text ?? "", item["meteringRecordId"]?.text ?? "",
                ]
            }
            return stored
        }
    }

    /// A file system of three megabytes with a marketplace's data file, and a seed beside it.
    private struct SmallDisk {
        static let accessKeyID = "AKIAFULLDISKSELLER01"
        static let secretAccessKey = "full-disk-secret"
        static let product = "fulldiskproduct000000001"

        private let folder: TemporaryFolder
        private let mountPoint: String
        let arguments: [String]

        init() throws {
            folder = try TemporaryFolder()
            mountPoint = folder.path("disk")
            try FileManager.default.createDirectory(
                atPath: mountPoint, withIntermediateDirectories: false)
            let seed = try folder.write(Self.seed, to: "seed.yaml")
            arguments = ["--data", mountPoint + "/turnpike.db", "--seed", seed]
            try Self.check(mount("turnpike", mountPoint, "tmpfs", 0, "size=3m"))
        }

        func remove() {
            _ = umount2(mountPoint, Int32(MNT_DETACH))
            folder.remove()
        }

        /// Whether this process may mount at all.
        static let isPermitted: Bool = {
            guard let disk = try? SmallDisk() else { return false }
            disk.remove()
            return true
        }()

        /// Takes all the room but some bytes with a file of its own.
        func fill(leaving room: Int) throws {
            var facts = statvfs()
            try Self.check(statvfs(mountPoint, &facts))
            let bytes = Int(facts.f_bavail) * Int(facts.f_frsize) - room
            try Data(count: max(bytes, 0)).write(
                to: URL(fileURLWithPath: mountPoint + "/filler-\(room)"))
        }

        /// Gives the room back.
        func free() throws {
            for name in try FileManager.default.contentsOfDirectory(atPath: mountPoint)
            where name.hasPrefix("filler") {
                // Cut, because a server that another test started may hold a copy of its
                // descriptor, and a file that is open keeps its room.
                try Self.check(truncate(mountPoint + "/" + name, 0))
                try FileManager.default.removeItem(atPath: mountPoint + "/" + name)
            }
        }

        func makeReadOnly() throws {
            // MS_RDONLY and MS_REMOUNT, which are not imported from C.
            try Self.check(mount("turnpike", mountPoint, "tmpfs", 1 | 32, nil))
        }

        private static func check(_ status: Int32) throws {
            guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        }

        private static var seed: String {
            let dimensions = (0..<1000).map { "      - {name: d\($0)}" }.joined(separator: "\n")
            return """
                accounts:
                  - {accountId: "111122223333", role: seller, name: Seller}
                  - {accountId: "222233334444", role: buyer, name: Buyer}
                products:
                  - productCode: \(product)
                    type: saas
                    title: Full disk
                    sellerAccountId: "111122223333"
                    dimensions:
                \(dimensions)
                agreements:
                  - {agreementId: agmt-full, productCode: \(product),
                     buyerAccountId: "222233334444", startsAt: "2026-01-01T00:00:00Z"}
                credentials:
                  - accessKeyId: \(accessKeyID)
                    secretAccessKey: \(secretAccessKey)
                    principal: {kind: account, accountId: "111122223333"}
                """
        }
    }
#endif
