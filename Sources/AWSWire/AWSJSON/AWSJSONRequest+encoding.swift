import MeteringAPI

extension AWSJSONRequest {
    /// The request as a JSON text.
    package var awsJSON: [UInt8] {
        var writer = JSONWriter(capacity: sizeHint)
        encode(into: &writer)
        return writer.bytes
    }

    package var sizeHint: Int { 512 }
}

extension BatchMeterUsageRequest {
    package var sizeHint: Int { 64 + 192 * (usageRecords?.count ?? 0) }

    package func encode(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("ProductCode", productCode)
            guard let usageRecords else { return }
            writer.name("UsageRecords")
            writer.list(usageRecords.indices) { $0.usageRecord(usageRecords[$1]) }
        }
    }
}

extension MeterUsageRequest {
    package func encode(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("ProductCode", productCode)
            writer.member("Timestamp", timestamp)
            writer.member("UsageDimension", usageDimension)
            writer.member("UsageQuantity", quantity.integer)
            writer.member("UsageQuantityAsDecimal", quantity.decimal)
            if let dryRun { writer.boolean("DryRun", dryRun) }
            writer.member("UsageAllocations", allocations)
            writer.member("ClientToken", clientToken)
        }
    }
}

extension RegisterUsageRequest {
    package func encode(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("ProductCode", productCode)
            writer.member("PublicKeyVersion", publicKeyVersion)
            writer.member("Nonce", nonce)
        }
    }
}

extension ResolveCustomerRequest {
    package func encode(into writer: inout JSONWriter) {
        writer.object { $0.member("RegistrationToken", registrationToken) }
    }
}

extension GetEntitlementsRequest {
    package func encode(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("ProductCode", productCode)
            if !filter.isEmpty {
                writer.name("Filter")
                writer.object { writer in
                    for key in FilterKey.allCases {
                        guard let values = filter[key] else { continue }
                        writer.anyName(key.rawValue)
                        writer.list(values) { $0.string($1) }
                    }
                }
            }
            writer.member("NextToken", nextToken)
            writer.member("MaxResults", maxResults)
        }
    }
}
