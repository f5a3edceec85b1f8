import MeteringAPI

/// Reads members by their type, as AWS's framework converts them.
struct MemberReader {
    let tape: JSONTape
    var ignoredMembers: [String] = []
    var notes: [String] = []

    mutating func ignore(_ member: JSONPlace, in path: @autoclosure () -> String) {
        guard ignoredMembers.count < ReadingLimits.reportedMembers else { return }
        ignoredMembers.append(joined(path(), tape.name(of: member)).cut(toBytes: 200))
    }

    func text(_ value: JSONPlace, _ path: @autoclosure () -> String) throws(SerializationError)
        -> String?
    {
        switch value.kind {
        case .null: nil
        case .string: tape.text(of: value.node)
        default: throw mismatch(value, "a String", path())
        }
    }

    mutating func integer(
        _ value: JSONPlace, _ path: @autoclosure () -> String
    ) throws(SerializationError) -> Int64? {
        switch value.kind {
        case .null: return nil
        case .number:
            let number = tape.number(of: value.node, scale: 0)
            if number.isCut, notes.count < ReadingLimits.reportedMembers {
                let spelling = String(
                    decoding: tape.rawBytes(of: value.node).prefix(40), as: UTF8.self)
                notes.append("\(path()): \(spelling) was rounded down to \(number.scaled)")
            }
            return number.scaled
        default: throw mismatch(value, "an Integer", path())
        }
    }

    func boolean(_ value: JSONPlace, _ path: @autoclosure () -> String) throws(SerializationError)
        -> Bool?
    {
        switch value.kind {
        case .null: nil
        case .boolean: value.isTrue
        default: throw mismatch(value, "a Boolean", path())
        }
    }

    func timestamp(_ value: JSONPlace, _ path: @autoclosure () -> String)
        throws(SerializationError) -> Timestamp?
    {
        switch value.kind {
        case .null: nil
        case .number:
            Timestamp(milliseconds: tape.number(of: value.node, scale: 3).scaled)
        default: throw mismatch(value, "milliseconds since epoch", path())
        }
    }

    /// The members of a list; a null is no member of it.
    func list(_ value: JSONPlace, _ path: @autoclosure () -> String) throws(SerializationError)
        -> JSONWalk?
    {
        switch value.kind {
        case .null: return nil
        case .list: return JSONWalk(into: value)
        case .object: throw unexpectedStart(value, path())
        default: throw SerializationError(message: "Expected list or null", path: path())
        }
    }

    func object(_ value: JSONPlace, _ path: @autoclosure () -> String) throws(SerializationError)
        -> JSONWalk?
    {
        switch value.kind {
        case .null: return nil
        case .object: return JSONWalk(into: value)
        case .list: throw unexpectedStart(value, path())
        default: throw SerializationError(message: "Expected null", path: path())
        }
    }

    private func mismatch(
        _ value: JSONPlace, _ type: String, _ path: String
    ) -> SerializationError {
        let given: String
        switch value.kind {
        case .string: given = "STRING_VALUE"
        case .number: given = "NUMBER_VALUE"
        case .boolean: given = value.isTrue ? "TRUE_VALUE" : "FALSE_VALUE"
        case .list, .object, .null: return unexpectedStart(value, path)
        }
        return SerializationError(message: "\(given) can not be converted to \(type)", path: path)
    }

    private func unexpectedStart(_ value: JSONPlace, _ path: String) -> SerializationError {
        SerializationError(
            message: value.kind == .list
                ? "Start of list found where not expected"
                : "Start of structure or map found where not expected.",
            path: path)
    }
}

/// A member's path: `UsageRecords[0]` and `Quantity` make `UsageRecords[0].Quantity`.
func joined(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : "\(path).\(name)"
}
