import AWSWire

/// CBOR that is read is JSON, and written again it reads the same.
enum CBORFuzzing {
    static func run(_ bytes: [UInt8]) throws {
        guard let json = try? CBORReader.json(of: bytes) else { return }
        guard let written = CBORWriter.cbor(of: json) else {
            throw FuzzFinding("what was read from CBOR is no JSON")
        }
        guard let again = try? CBORReader.json(of: written) else {
            throw FuzzFinding("what was written as CBOR is none")
        }
        // Numbers beyond 64 bits become floating-point, once.
        guard let twice = CBORWriter.cbor(of: again), twice == written || again != json else {
            throw FuzzFinding("CBOR that was written reads differently")
        }
    }
}
