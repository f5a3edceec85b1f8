import AWSWire
import MeteringAPI
import Testing

@Suite("What is JSON and what is not")
struct JSONParserTests {
    @Test(
        "Every form of a value is read",
        arguments: [
            "null", "true", "false", "0", "-0", "1", "10", "-1.5", "1e2", "1E+2", "1.5e-2", "0.0",
            "0e0", "123456789012345678901234567890", #""""#, #""text""#, "[]", "{}", "[[]]",
            #"{"a":{}}"#, "[1,2]", #"{"a":1,"b":[true,null]}"#, " \t\r\n[ 1 , 2 ] \n",
            #"{ "a" : 1 }"#, #""\"\\\/\b\f\n\r\t\u00e9""#, "\"\u{7F}\"", #"{"":0}"#,
        ])
    func accepted(text: String) throws {
        _ = try JSONDocument(parsing: Array(text.utf8))
    }

    @Test(
        "What RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "undefined", "01",
            "-01", "+1", "-", ".5", "1.", "1.e2", "1e", "1e+", "0x10", "1_000", "--1", "1 2",
            "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1;2]", "{]", "[}",
            #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a" 1}"#, "{a:1}", "{'a':1}", "{1:2}",
            #"{"a":1 "b":2}"#, #"{"a":1}}"#, #"{"a":1}{}"#, "[] []", #"""#, #""a"#, #""\"#,
            #""\x""#, #""\u12""#, #""\u12G4""#, #""\u123"#, "\"\n\"", "\"\t\"", "\"\u{0}\"",
            "\"\u{1F}\"", "'a'", "// c\n1", "/* c */ 1", "\u{FEFF}1", "1\u{0}", "\u{A0}1",
            "tru\u{0}",
        ])
    func refused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: Array(text.utf8)) }
    }

    @Test(
        "32 levels of nesting are read, 33 are refused", arguments: [("[", "]"), ("{\"a\":", "}")])
    func depth(opening: String, closing: String) throws {
        func nested(_ depth: Int) -> [UInt8] {
            let inner = opening == "[" ? "" : "0"
            return Array(
                (String(repeating: opening, count: depth) + inner
                    + String(repeating: closing, count: depth)).utf8)
        }
        _ = try JSONDocument(parsing: nested(32))
        let error = try #require(throws: JSONSyntaxError.self) {
            try JSONDocument(parsing: nested(33))
        }
        #expect(error.reason == "nested deeper than 32")
    }

    @Test("A million opening brackets are refused, as soon as they are too many")
    func bottomless() throws {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        let error = try #require(throws: JSONSyntaxError.self) {
            try JSONDocument(parsing: bytes)
        }
        #expect(error.offset == 32)
    }

    @Test("Lists beside each other do not add up to depth")
    func breadth() throws {
        let text = "[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]"
        #expect(Array(try JSONDocument(parsing: Array(text.utf8)).root.elements).count == 1000)
    }

    private static let illFormed: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80],
        [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xE1, 0x80, 0x41], [0xED, 0xA0, 0x80],
        [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
        [0xF1, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ]

    @Test("Bytes that are not UTF-8 are refused in strings and names", arguments: illFormed)
    func illFormedUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let name = Array("{".utf8) + [quote] + bytes + [quote] + Array(":0}".utf8)
        // Cut off, too: the text may end inside a character.
        for text in [[quote] + bytes + [quote], name, [quote] + bytes] {
            #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: text) }
        }
    }

    @Test("Every boundary of UTF-8 is read as it stands")
    func wellFormedUTF8() throws {
        let text = "\u{80}\u{7FF}\u{800}\u{FFF}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}"
        let document = try JSONDocument(parsing: Array("\"\(text)\"".utf8))
        #expect(document.root.text == text)
    }

    private static let escapes: [(String, String)] = [
        (#"\""#, "\""), (#"\\"#, "\\"), (#"\/"#, "/"), (#"\b"#, "\u{8}"), (#"\f"#, "\u{C}"),
        (#"\n"#, "\n"), (#"\r"#, "\r"), (#"\t"#, "\t"), (#"\u0041"#, "A"), (#"\u00e9"#, "é"),
        (#"\u00E9"#, "é"), (#"\u0000"#, "\u{0}"), (#"\uffff"#, "\u{FFFF}"),
        (#"\ud83d\ude00"#, "😀"), (#"a\u0062c"#, "abc"), (#"\ud83d"#, "\u{FFFD}"),
        (#"\ude00"#, "\u{FFFD}"), (#"\ud83dx"#, "\u{FFFD}x"), (#"\ud83d\n"#, "\u{FFFD}\n"),
        (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"),
    ]

    @Test(
        "Escapes are decoded; half a surrogate pair is a replacement character", arguments: escapes)
    func escape(escaped: String, decoded: String) throws {
        let document = try JSONDocument(parsing: Array("\"\(escaped)\"".utf8))
        #expect(Array(document.root.text.unicodeScalars) == Array(decoded.unicodeScalars))
    }

    @Test("The last of two members of one name counts, also when one is escaped")
    func duplicates() throws {
        let text = #"{"a":1,"b":2,"\u0061":3,"A":4}"#
        let root = try JSONDocument(parsing: Array(text.utf8)).root
        #expect(root["a"]?.numberText == "3")
        #expect(root["b"]?.numberText == "2")
        #expect(root["A"]?.numberText == "4")
        #expect(root["c"] == nil)
        #expect(root.members.map(\.name) == ["a", "b", "a", "A"])
    }

    @Test("A name is its bytes: a sign that Unicode holds for the same letter is another name")
    func lookalikes() throws {
        let root = try JSONDocument(parsing: Array(#"{"\u212Aey":1}"#.utf8)).root
        #expect(root["Key"] == nil)
        for member in root.members {
            switch member.key {
            case "Key": Issue.record("the Kelvin sign is no K")
            default: #expect(member.name.unicodeScalars.first == "\u{212A}")
            }
        }
    }

    @Test(
        "A character that needs care is found wherever in a string it stands",
        arguments: ["\"", "\\", "\u{0}", "\u{1F}", "\u{7F}", "é", "\u{2028}", "😀"])
    func careful(character: String) throws {
        for position in 0..<20 {
            let text =
                String(repeating: "a", count: position) + character
                + String(repeating: "z", count: 19 - position)
            var writer = JSONWriter()
            writer.string(text)
            #expect(try JSONDocument(parsing: writer.bytes).root.text == text)
        }
    }

    @Test("A control character, and what is no UTF-8, is refused wherever it stands")
    func unreadable() throws {
        for byte: UInt8 in [0, 0x0A, 0x1F, 0x80, 0xFF] {
            for position in 0..<20 {
                var bytes = Array("\"\(String(repeating: " ", count: 20))\"".utf8)
                bytes[position + 1] = byte
                let error = try #require(throws: JSONSyntaxError.self) {
                    try JSONDocument(parsing: bytes)
                }
                #expect(error.offset == position + 1)
            }
        }
    }

    @Test("An error says at which byte the text goes wrong")
    func offset() throws {
        let error = try #require(throws: JSONSyntaxError.self) {
            try JSONDocument(parsing: Array(#"{"Quantity":01}"#.utf8))
        }
        #expect(error.description == "byte 13: expected a comma or the end of the object")
    }
}
