import Foundation
import MeteringAPI
import Testing

@Suite("Ids of records")
struct MeteringRecordIDTests {
    @Test("An id is written as a lower-case UUID with dashes")
    func description() {
        let id = MeteringRecordID(high: 0x3515_5d37_56cb_423f, low: 0x8554_5c4f_3e3f_f56d)
        #expect(id.description == "35155d37-56cb-423f-8554-5c4f3e3ff56d")
        #expect(
            MeteringRecordID(high: 0, low: .max).description
                == "00000000-0000-0000-ffff-ffffffffffff")
    }

    @Test("Random ids are UUIDs of version 4, each another, and survive being read")
    func random() throws {
        var generator = SeededGenerator(seed: 5)
        var seen: Set<MeteringRecordID> = []
        for _ in 0..<2000 {
            let id = MeteringRecordID.random(using: &generator)
            let text = id.description
            #expect(MeteringRecordID(text) == id)
            #expect(MeteringRecordID(text.uppercased()) == id)
            #expect(UUID(uuidString: text)?.uuidString.lowercased() == text)
            let characters = Array(text)
            #expect(characters[14] == "4")
            #expect("89ab".contains(characters[19]))
            #expect(seen.insert(id).inserted)
        }
    }

    @Test(
        "What is no UUID is no id",
        arguments: [
            "", "35155d37", "35155d3756cb423f85545c4f3e3ff56d",
            "35155d37-56cb-423f-8554-5c4f3e3ff56", "35155d37-56cb-423f-8554-5c4f3e3ff56d0",
            "35155d37-56cb-423f-8554-5c4f3e3ff56d-", "35155d37-56cb-423f-8554-5c4f3e3ff56g",
            "35155d3-756cb-423f-8554-5c4f3e3ff56d", " 35155d37-56cb-423f-8554-5c4f3e3ff56d",
            "3é155d37-56cb-423f-8554-5c4f3e3ff56", "DryRunOperation",
        ])
    func refused(text: String) {
        #expect(MeteringRecordID(text) == nil)
    }
}
