import MeteringAPI
import Testing

@Suite("Text from clients is cut by bytes")
struct BoundedTextTests {
    @Test(
        "A text is cut after the limit",
        arguments: [("", ""), ("ab", "ab"), ("abc", "abc"), ("abcd", "abc"), ("aé!", "aé")])
    func cut(text: String, expected: String) {
        #expect(text.cut(toBytes: 3) == expected)
    }

    @Test("One character with a thousand marks is cut as well")
    func marks() {
        let text = "a" + String(repeating: "\u{301}", count: 1000)
        #expect(text.count == 1)
        #expect(text.cut(toBytes: 200).utf8.count <= 202)
    }

    @Test(
        "A made-up access key id is short and visible",
        arguments: [
            ("testing", true), ("", false), ("a b", false), ("a\n", false), ("é", false),
            (String(repeating: "k", count: 128), true), (String(repeating: "k", count: 129), false),
        ])
    func keys(id: String, isBounded: Bool) {
        #expect(AccessKeyID.isBounded(id) == isBounded)
    }
}
