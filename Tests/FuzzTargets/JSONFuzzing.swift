import AWSWire
import Foundation
import MeteringAPI

/// JSON that is read can be written, and then reads the same.
enum JSONFuzzing {
    static func run(_ bytes: [UInt8]) throws {
        guard let document = try? JSONDocument(parsing: bytes) else { return }
        try check(document.root)
        let written = text(of: document)
        guard let again = try? JSONDocument(parsing: written) else {
            throw FuzzFinding("what was written from JSON is none")
        }
        guard text(of: again) == written else {
            throw FuzzFinding("JSON that was written reads differently")
        }
    }

    private static func text(of document: JSONDocument) -> [UInt8] {
        var writer = JSONWriter()
        write(document.root, to: &writer)
        return writer.bytes
    }

    private static func write(_ value: JSONValue, to writer: inout JSONWriter) {
        switch value.kind {
        case .null: writer.literal("null")
        case .boolean: writer.literal(value.isTrue ? "true" : "false")
        case .number: writer.literal(value.numberText)
        case .string: writer.string(value.text)
        case .list: writer.list(value.elements) { write($1, to: &$0) }
        case .object:
            writer.object { writer in
                for member in value.members {
                    writer.anyName(member.name)
                    write(member.value, to: &writer)
                }
            }
        }
    }

    private static func check(_ value: JSONValue) throws(FuzzFinding) {
        switch value.kind {
        case .number: try checkNumber(value)
        case .list: for element in value.elements { try check(element) }
        case .object:
            for member in value.members {
                guard value[member.name] != nil else {
                    throw FuzzFinding("a member is not found by its name")
                }
                try check(member.value)
            }
        case .string: try checkString(value)
        case .null, .boolean: break
        }
    }

    /// Foundation reads escapes in a way of its own; lone surrogates it refuses.
    private static func checkString(_ value: JSONValue) throws(FuzzFinding) {
        let quotation = UInt8(ascii: "\"")
        guard value.rawBytes.contains(UInt8(ascii: "\\")),
            let known = try? JSONDecoder().decode(
                String.self, from: Data([quotation] + value.rawBytes + [quotation]))
        else { return }
        guard known.utf8.elementsEqual(value.text.utf8) else {
            throw FuzzFinding("a string was read as \(value.text.debugDescription)")
        }
    }

    /// Floating point knows a number well enough to tell when the exact reading is far off.
    private static func checkNumber(_ value: JSONValue) throws(FuzzFinding) {
        for scale in [0, 3, 6] {
            let scaled = JSONNumber(value.rawBytes, scale: scale).scaled
            guard let rough = Double(value.numberText + (value.hasExponent ? "" : "e\(scale)")),
                scale == 0 || !value.hasExponent, abs(rough) < 1e15
            else { continue }
            guard abs(Double(scaled) - rough) <= 1.5 else {
                throw FuzzFinding("\(value.numberText) was read as \(scaled) at 10^-\(scale)")
            }
        }
    }
}

extension JSONValue {
    fileprivate var hasExponent: Bool {
        rawBytes.contains { $0 | 0x20 == UInt8(ascii: "e") }
    }
}

/// The members of each operation are read or refused; records that are read can be sent back.
enum DecodingFuzzing {
    static func run(_ bytes: [UInt8]) throws {
        guard let root = try? JSONDocument(parsing: bytes).root else { return }
        for model in [APIModel(), oldest] {
            _ = try? MeterUsageRequest.decode(root, model: model).request.violations(of: model)
            _ = try? RegisterUsageRequest.decode(root, model: model).request.violations(of: model)
            _ = try? ResolveCustomerRequest.decode(root, model: model)
                .request.violations(of: model)
            guard let batch = try? BatchMeterUsageRequest.decode(root, model: model) else {
                continue
            }
            _ = batch.request.violations(of: model)
            if let records = batch.request.usageRecords, model == APIModel() {
                try checkRoundTrip(records)
            }
        }
    }

    private static let oldest: APIModel = {
        var model = APIModel()
        model.hasCustomerAWSAccountID = false
        model.hasClientToken = false
        model.hasLicenseARN = false
        model.hasDecimals = false
        model.requiresCustomerIdentifier = true
        model.requiresBatchProductCode = true
        model.productCodeMinimumLength = 1
        return model
    }()

    private static func checkRoundTrip(_ records: [UsageRecord]) throws {
        let sent = BatchMeterUsageResult(results: [], unprocessedRecords: records).awsJSON
        guard let echo = try JSONDocument(parsing: sent).root["UnprocessedRecords"] else {
            throw FuzzFinding("records that were sent back are not there")
        }
        let body = Array(#"{"UsageRecords":"#.utf8) + echo.rawBytes + [UInt8(ascii: "}")]
        let decoded = try BatchMeterUsageRequest.decode(
            JSONDocument(parsing: body).root, model: APIModel())
        let again = BatchMeterUsageResult(
            results: [], unprocessedRecords: decoded.request.usageRecords ?? [])
        guard again.awsJSON == sent else {
            throw FuzzFinding("records that were sent back read differently")
        }
    }
}
