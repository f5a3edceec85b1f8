import AWSWire
import Foundation
import MeteringAPI
import TestProcesses
import Testing

/// A data file that a server has left, with usage of two hours in it.
struct DataFileSample: Sendable {
    let bytes: [UInt8]
    /// The file's size when only the first hour had usage.
    let firstSize: Int
    /// Times in the two hours, in seconds.
    let hours: [Int64]

    /// The requests that were sent for each hour; one more has not been.
    static let requests = 12
    static let records = 2 * requests * 25

    /// Lets a server make the file.
    init() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path("a.db")
        let seed = try folder.write(ManyDimensions.seed, to: "seed.yaml")
        let now = Int64(Date().timeIntervalSince1970)
        hours = [now - 7200, now - 3600]
        var sizes: [Int] = []
        for hour in hours {
            let server = try await TurnpikeProcess(["--data", path, "--seed", seed])
            let client = ManyDimensions.client(of: server)
            for body in ManyDimensions.bodies(at: hour).prefix(Self.requests) {
                let answer = try await client.send(.batchMeterUsage, body)
                #expect(answer.root["Results"]?.elements.map { _ in 1 }.count == 25)
            }
            #expect(try await server.terminate() == 0)
            sizes.append(try Data(contentsOf: URL(filePath: path)).count)
        }
        bytes = Array(try Data(contentsOf: URL(filePath: path)))
        firstSize = sizes[0]
    }

    /// The number of a page with usage of the second hour: a leaf of a table with few and long
    /// rows, which was not there before, and not the last, to which more is appended.
    var usagePage: Int {
        get throws {
            let size = 4096
            return try #require(
                (firstSize / size..<bytes.count / size).first { page in
                    let start = page * size
                    return bytes[start] == 0x0D && bytes[start + 3] == 0
                        && (2...3).contains(bytes[start + 4])
                }) + 1
        }
    }

    /// The file with flipped bits in the middle of a page.
    func damaged(page: Int, bits: Int) -> [UInt8] {
        var bytes = bytes
        for bit in 0..<bits { bytes[(page - 1) * 4096 + 3000 + bit * 100] ^= 4 }
        return bytes
    }
}

extension TemporaryFolder {
    /// Writes a file and gives its path.
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: url.appending(path: name))
        return path(name)
    }

    /// The names of what is in it.
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}

extension ManyDimensions {
    /// The seller, who talks to a server that has the product.
    static func client(of server: TurnpikeProcess) -> SigningClient {
        SigningClient(
            port: server.port, accessKeyID: accessKeyID, secretAccessKey: secretAccessKey)
    }
}
