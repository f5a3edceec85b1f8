/// Decodes the escapes of a string that the parser has found well-formed.
func unescaped(_ raw: ArraySlice<UInt8>) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(raw.count)
    var position = raw.startIndex
    while position < raw.endIndex {
        guard raw[position] == UInt8(ascii: "\\") else {
            output.append(raw[position])
            position += 1
            continue
        }
        let escape = raw[position + 1]
        position += 2
        switch escape {
        case UInt8(ascii: "b"): output.append(8)
        case UInt8(ascii: "f"): output.append(12)
        case UInt8(ascii: "n"): output.append(10)
        case UInt8(ascii: "r"): output.append(13)
        case UInt8(ascii: "t"): output.append(9)
        case UInt8(ascii: "u"):
            let scalar = unicodeEscape(raw, at: &position)
            output.append(contentsOf: String(Character(scalar)).utf8)
        default: output.append(escape)
        }
    }
    return String(decoding: output, as: UTF8.self)
}

/// The scalar of the four digits here, joined with a low surrogate where one follows; a lone
/// surrogate is no scalar and becomes U+FFFD.
private func unicodeEscape(_ raw: ArraySlice<UInt8>, at position: inout Int) -> Unicode.Scalar {
    func unit(_ start: Int) -> UInt32 {
        raw[start..<start + 4].reduce(0) { $0 << 4 | hexValue($1) }
    }
    let first = unit(position)
    position += 4
    guard (0xD800...0xDBFF).contains(first), position + 6 <= raw.endIndex,
        raw[position] == UInt8(ascii: "\\"), raw[position + 1] == UInt8(ascii: "u")
    else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
    let second = unit(position + 2)
    guard (0xDC00...0xDFFF).contains(second) else { return "\u{FFFD}" }
    position += 6
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
}

private func hexValue(_ byte: UInt8) -> UInt32 {
    UInt32(byte < 58 ? byte - 48 : (byte | 0x20) - 87)
}
