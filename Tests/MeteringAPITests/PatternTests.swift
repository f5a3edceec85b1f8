import Testing

@testable import MeteringAPI

@Suite("The model's patterns")
struct PatternTests {
    private static let patterns: [Pattern] = [
        .any, .nonEmpty, .accountID, .productCode, .decimal, .tag, .licenseARN,
    ]

    private static let arn =
        "arn:aws:license-manager::123456789012:license:l-exampleLicense12345"

    /// Texts near those that the patterns match.
    private static let seeds = [
        "", "0", "17.000001", "9999999999.999999", "123456789012", "a290sds6en72spp3ph4q890es",
        "prod-/=:_.@", "user", "a b!\"#$%&'()*,;<+-=._:/@", arn,
        "arn:aws-us-gov:s3:us-east-1::b/c", "arn:aws::::x", "arn:aws:a:::b",
        "arn:aws:" + String(repeating: "s", count: 63) + ":::r",
        "arn:aws:s:" + String(repeating: "r", count: 63) + "::r",
        "arn:aws:s:::" + String(repeating: "x", count: 1024),
    ]

    @Test("Each pattern matches what the regular expression of the model matches", arguments: 0..<7)
    func regularExpressions(index: Int) throws {
        let pattern = Self.patterns[index]
        let regex = try Regex(pattern.source).matchingSemantics(.unicodeScalar)
        var generator = SeededGenerator(seed: UInt64(index))
        var matched = 0
        for _ in 0..<1500 {
            let text = Self.text(using: &generator)
            let expected = text.wholeMatch(of: regex) != nil
            #expect(pattern.matches(text) == expected, "\(pattern.source): \(text)")
            matched += expected ? 1 : 0
        }
        #expect(matched > 10)
    }

    /// One of the seeds, mostly with a few characters put in, taken out or replaced.
    private static func text(using generator: inout SeededGenerator) -> String {
        let alphabet = Array("aZ09-/=:_.@ +,;<>?[]{}|~^`\\!\"#$%&'()*\n\té٣".unicodeScalars)
        var scalars = Array((seeds.randomElement(using: &generator) ?? "").unicodeScalars)
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let index = Int.random(in: 0...scalars.count, using: &generator)
            let scalar = alphabet.randomElement(using: &generator) ?? "a"
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: scalars.insert(scalar, at: index)
            case 1 where index < scalars.count: scalars[index] = scalar
            default: if index < scalars.count { scalars.remove(at: index) }
            }
        }
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    @Test("The range in the tags' class admits what AWS's prose does not list")
    func tagRange() {
        for value in UInt32(0)...0x17F {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isAdmitted =
                (0x20...0x3D).contains(value) || (0x41...0x5A).contains(value)
                || (0x61...0x7A).contains(value) || scalar == "_" || scalar == "@"
            #expect(Pattern.tag.matches(String(Character(scalar))) == isAdmitted, "\(scalar)")
        }
        #expect(!Pattern.tag.matches(""))
    }

    /// A licence and whether it may be one.
    private static let licenses: [(String, Bool)] = [
        (arn, true), (arn + ":more", true), ("arn:aws-cn:license-manager::1:license:l-1", true),
        ("", false), ("arn", false), ("arn:aws:license-manager::1:", false),
        ("arn:aws:license-manager::1", false), ("arn:aws1:license-manager::1:l", false),
        ("arn:amazon:license-manager::1:l", false), ("arn:aws:-m::1:l", false),
        ("arn:aws:::1:l", false), ("arn:aws:license-manager::1:-l", false),
        ("ARN:aws:license-manager::1:l", false), (arn + " ", false), (arn + "\n", false),
        ("arn:aws:license-manager:::l", true), ("arn:aws:license-manager::1:é", false),
        ("arn:aws:s:" + String(repeating: "r", count: 64) + "::l", false),
        ("arn:aws:" + String(repeating: "s", count: 64) + ":::l", false),
        ("arn:aws:s:::" + String(repeating: "l", count: 1025), false),
    ]

    @Test("A licence is an ARN with six parts", arguments: licenses)
    func license(text: String, isLicense: Bool) {
        #expect(Pattern.licenseARN.matches(text) == isLicense)
    }
}
