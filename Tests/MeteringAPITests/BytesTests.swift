import MeteringAPI
import Testing

@Suite("Bytes compared eight at a time")
struct BytesTests {
    @Test("Bytes are the same if every one is, and there are as many", arguments: 0..<35)
    func comparison(count: Int) {
        let bytes = (0..<count).map { UInt8($0) }
        #expect(areSame(bytes, bytes))
        #expect(!areSame(bytes, bytes + [0]))
        for position in bytes.indices {
            var others = bytes
            others[position] ^= 0x80
            #expect(!areSame(bytes, others))
        }
    }

    private func areSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in left.hasSameBytes(as: right) }
        }
    }
}
