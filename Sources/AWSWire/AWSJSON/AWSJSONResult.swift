package import MeteringAPI

/// A result that AWS JSON 1.1 can carry; what is absent has no member.
package protocol AWSJSONResult: Sendable {
    /// Writes the result as an object.
    func encode(into writer: inout JSONWriter)
    /// Reads the members that are known; nobody minds the others.
    static func decode(_ body: JSONValue) throws(SerializationError) -> Self
    /// About how many bytes the result takes.
    var sizeHint: Int { get }
}

extension AWSJSONResult {
    package var sizeHint: Int { 512 }

    /// The result as a JSON text.
    package var awsJSON: [UInt8] {
        var writer = JSONWriter(capacity: sizeHint)
        encode(into: &writer)
        return writer.bytes
    }
}

extension BatchMeterUsageResult: AWSJSONResult {
    package var sizeHint: Int { 64 + 256 * (results.count + unprocessedRecords.count) }

    package func encode(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.name("Results")
            writer.list(results.indices) { writer, index in
                writer.object { writer in
                    writer.name("UsageRecord")
                    writer.usageRecord(results[index].usageRecord)
                    writer.member("MeteringRecordId", results[index].meteringRecordID)
                    writer.member("Status", results[index].status.rawValue)
                }
            }
            writer.name("UnprocessedRecords")
            writer.list(unprocessedRecords.indices) { $0.usageRecord(unprocessedRecords[$1]) }
        }
    }
}

extension MeterUsageResult: AWSJSONResult {
    package func encode(into writer: inout JSONWriter) {
        writer.object { $0.member("MeteringRecordId", meteringRecordID) }
    }
}

extension RegisterUsageResult: AWSJSONResult {
    package func encode(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("PublicKeyRotationTimestamp", publicKeyRotationTimestamp)
            writer.member("Signature", signature)
        }
    }
}

extension ResolveCustomerResult: AWSJSONResult {
    package func encode(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("CustomerIdentifier", customerIdentifier)
            writer.member("ProductCode", productCode)
            writer.member("CustomerAWSAccountId", customerAWSAccountID)
            writer.member("LicenseArn", licenseARN)
            guard let agreementID else { return }
            writer.name("Metadata")
            writer.object { $0.member("AgreementId", agreementID) }
        }
    }
}

extension JSONWriter {
    /// Writes a record with the members and the spelling that were sent.
    ///
    /// Each member is taken from its place: a copy of a record counts half a dozen references.
    @inline(__always)
    mutating func usageRecord(_ record: @autoclosure () -> UsageRecord) {
        object { writer in
            writer.member("Timestamp", record().timestamp)
            writer.member("CustomerIdentifier", record().customerIdentifier)
            writer.member("CustomerAWSAccountId", record().customerAWSAccountID)
            writer.member("LicenseArn", record().licenseARN)
            writer.member("Dimension", record().dimension)
            writer.member("Quantity", record().quantity.integer)
            writer.member("QuantityAsDecimal", record().quantity.decimal)
            writer.member("UsageAllocations", record().allocations)
        }
    }

    mutating func member(_ name: StaticString, _ allocations: [UsageAllocation]?) {
        guard let allocations else { return }
        self.name(name)
        list(allocations) { $0.allocation($1) }
    }

    private mutating func allocation(_ allocation: UsageAllocation) {
        object { writer in
            writer.member("AllocatedUsageQuantity", allocation.quantity.integer)
            writer.member("AllocatedUsageQuantityAsDecimal", allocation.quantity.decimal)
            guard let tags = allocation.tags else { return }
            writer.name("Tags")
            writer.list(tags) { writer, tag in
                writer.object { writer in
                    writer.member("Key", tag.key)
                    writer.member("Value", tag.value)
                }
            }
        }
    }
}
