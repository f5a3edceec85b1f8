import AWSWire
package import MeteringAPI

/// Reads the members of an object by name and type, and collects what is wrong with them.
///
/// A member that nobody asked for is a typing mistake, and objected to; one that is missing only
/// where it is required. What a wrong member reads as does not matter, because the objections are
/// thrown before anything is done with it.
package final class ObjectReader {
    private let value: StructuredValue
    private let path: String
    private let objections: Objections
    private var members: [(name: String, value: StructuredValue)] = []
    private var isRead: [Bool] = []
    /// Where each member is, where there are many: a file has a hundred thousand short objects.
    private var places: [String: Int] = [:]
    private var isObject = true

    /// A reader of an object; anything else is objected to, and reads as an empty object.
    package init(_ value: StructuredValue, path: String = "", objections: Objections) {
        self.path = path
        self.objections = objections
        self.value = value
        guard case .object(let members) = value.content else {
            objections.add(
                path.isEmpty ? "(body)" : path, "an object is expected", line: value.line)
            isObject = false
            return
        }
        self.members = members
        isRead = [Bool](repeating: false, count: members.count)
        for (place, (name, value)) in members.enumerated() {
            // The last one of a name is the one that is read.
            if let earlier = self.place(of: name, before: place) {
                isRead[earlier] = true
                objections.add(field(name), "the member comes twice", line: value.line)
            }
            if isLong { places[name] = place }
        }
    }

    private var isLong: Bool { members.count > DocumentLimits.shortObject }

    /// Where the last member of a name is, among all or the first of them.
    private func place(of name: String, before end: Int? = nil) -> Int? {
        isLong ? places[name] : members[..<(end ?? members.count)].lastIndex { $0.name == name }
    }

    /// The path of a member, as objections name it.
    package func field(_ name: String) -> String { joined(path, name) }

    /// The line of what a path from here leads to, or of the object.
    package func line(at path: String) -> Int? { value.line(at: path) }

    /// Whether the member is there; null is absent.
    package func has(_ name: String) -> Bool {
        guard let place = place(of: name) else { return false }
        if case .null = members[place].value.content {
            isRead[place] = true
            return false
        }
        return true
    }

    /// Objects to a member, in a sentence.
    package func reject(_ name: String, _ reason: String) {
        let line = place(of: name).flatMap { members[$0].value.line }
        objections.add(field(name), reason, line: line ?? value.line)
    }

    /// The member's value; null is absent.
    private func take(_ name: String, required: Bool) -> StructuredValue? {
        if let place = place(of: name) {
            isRead[place] = true
            let value = members[place].value
            guard case .null = value.content else { return value }
        }
        if required, isObject { reject(name, "the member is missing") }
        return nil
    }

    /// The text of a member that may be missing.
    package func optionalText(_ name: String) -> String? { text(name, required: false) }

    /// The text of a member; empty, and objected to, where it is missing.
    package func requiredText(_ name: String) -> String { text(name, required: true) ?? "" }

    private func text(_ name: String, required: Bool) -> String? {
        guard let value = take(name, required: required) else { return nil }
        switch value.content {
        case .text(let text), .plain(let text): return text
        default:
            reject(name, "a text is expected")
            return nil
        }
    }

    package func flag(_ name: String) -> Bool? {
        guard let value = take(name, required: false) else { return nil }
        switch value.content {
        case .boolean(let flag): return flag
        case .plain("true"): return true
        case .plain("false"): return false
        default:
            reject(name, "true or false is expected")
            return nil
        }
    }

    /// A number that is not quoted, in units of its last decimal.
    ///
    /// One that is outside its bounds is objected to.
    package func number(_ field: NumberField) -> Int64? {
        guard let value = take(field.name, required: false) else { return nil }
        guard let text = value.numberText else {
            reject(field.name, field.expectation)
            return nil
        }
        let number: Int64?
        let isNumber: Bool
        switch field.precision {
        case .whole:
            number = WholeNumber.read(text, in: field.range)
            isNumber = WholeNumber.isSpelled(in: text)
        case .thousandths:
            let decimal = Self.decimal(text)
            number = decimal.flatMap { field.range.contains($0.scaled) ? $0.scaled : nil }
            isNumber = decimal != nil
        }
        if number == nil { reject(field.name, isNumber ? field.bound : field.expectation) }
        return number
    }

    /// A number in thousandths as JSON spells it; nil where it is finer.
    private static func decimal(_ text: String) -> JSONNumber? {
        guard let root = try? JSONDocument(parsing: Array(text.utf8)).root, root.kind == .number
        else { return nil }
        let number = JSONNumber(root.rawBytes, scale: 3)
        return number.isCut ? nil : number
    }

    /// A scalar of whatever type it is written as.
    package func entitlementValue(_ name: String) -> EntitlementValue? {
        guard let value = take(name, required: true) else { return nil }
        switch value.content {
        case .text(let text): return .string(text)
        case .boolean(let flag): return .boolean(flag)
        case .plain("true"): return .boolean(true)
        case .plain("false"): return .boolean(false)
        case .number(let text), .plain(let text):
            // AWS's integers have 32 bits: its SDKs could not read a greater one.
            if let number = WholeNumber.read(text, in: Int64(Int32.min)...Int64(Int32.max)) {
                return .integer(number)
            }
            if let number = WholeNumber.double(text) { return .double(number) }
            if case .plain = value.content { return .string(text) }
        default: break
        }
        reject(name, "a number, a text, true or false is expected")
        return nil
    }

    /// A quantity as AWS has it, as a number or a text.
    package func quantity(_ name: String) -> Quantity? {
        guard let value = take(name, required: false) else { return nil }
        switch value.content {
        case .number(let text), .plain(let text), .text(let text):
            if let quantity = Quantity(decimal: text) { return quantity }
        default: break
        }
        reject(name, "a number of at most ten digits and six decimals is expected")
        return nil
    }

    package func time(_ name: String) -> Timestamp? {
        guard let text = text(name, required: false) else { return nil }
        if let time = Timestamp(iso8601: text) { return time }
        reject(name, "a time such as 2026-12-01T05:59:00Z is expected")
        return nil
    }

    /// One of a type's names; a missing one is objected to when there is no default.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, default fallback: Choice? = nil
    ) -> Choice? {
        guard let text = text(name, required: fallback == nil) else { return fallback }
        if let choice = Choice(rawValue: text) { return choice }
        reject(name, "'\(text)' is none of \(listed(Choice.self))")
        return fallback
    }

    package func object(_ name: String) -> ObjectReader? {
        take(name, required: true).map {
            ObjectReader($0, path: field(name), objections: objections)
        }
    }

    package func list(_ name: String, required: Bool = true) -> [StructuredValue]? {
        guard let value = take(name, required: required) else { return nil }
        guard case .list(let elements) = value.content else {
            reject(name, "a list is expected")
            return nil
        }
        return elements
    }

    /// The objects of a list; absent is empty unless required.
    package func objects(_ name: String, required: Bool = true) -> [ObjectReader] {
        (list(name, required: required) ?? []).enumerated().map { index, value in
            ObjectReader(value, path: "\(field(name))[\(index)]", objections: objections)
        }
    }

    /// The elements of a list that are one of a type's names.
    package func choices<Choice: RawRepresentable<String> & CaseIterable>(_ name: String)
        -> [Choice]?
    {
        list(name, required: false)?.enumerated().compactMap { index, value in
            let place = "\(field(name))[\(index)]"
            switch value.content {
            case .text(let text), .plain(let text):
                if let choice = Choice(rawValue: text) { return choice }
                objections.add(
                    place, "'\(text)' is none of \(listed(Choice.self))", line: value.line)
            default: objections.add(place, "a text is expected", line: value.line)
            }
            return nil
        }
    }

    /// Reports the members that nobody asked for.
    package func finish() {
        for (place, (name, _)) in members.enumerated() where !isRead[place] {
            reject(name, "there is no such member here: is it a typing mistake?")
        }
    }
}

private func listed<Choice: RawRepresentable<String> & CaseIterable>(
    _ type: Choice.Type
) -> String {
    Choice.allCases.map(\.rawValue).joined(separator: ", ")
}

private func joined(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : "\(path).\(name)"
}
