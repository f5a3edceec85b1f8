package import MeteringAPI

/// Where AWS offers each operation: where its service has an endpoint (`EndpointTable`), and of
/// these regions where the developer guide says so ("Metering regions").
package enum Regions {
    /// Whether the operation is offered there to this kind of caller.
    package static func offer(
        _ operation: OperationName, in region: String, to kind: PrincipalKind
    ) -> Bool {
        let endpoints = operation == .getEntitlements ? entitlement : metering
        guard endpoints.contains(region) else { return false }
        return switch (operation, kind) {
        case (.batchMeterUsage, _), (.resolveCustomer, _): !government.contains(region)
        case (.meterUsage, .ecsTask), (.meterUsage, .eksPod), (.registerUsage, _):
            containers.contains(region)
        case (.meterUsage, .agentCoreRuntime): region == "us-east-1"
        case (.meterUsage, _): !onlyBilledByRecords.contains(region)
        case (.getEntitlements, _): true
        }
    }

    private static let metering = Set(EndpointTable.rows.flatMap(\.metering))
    private static let entitlement = Set(EndpointTable.rows.flatMap(\.entitlement))

    /// Where containers may register and meter.
    private static let containers: Set<String> = [
        "us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-central-1",
        "eu-west-2", "eu-west-3", "eu-north-1", "ap-east-1", "ap-southeast-1", "ap-northeast-1",
        "ap-southeast-2", "ap-northeast-2", "ap-south-1", "ca-central-1", "sa-east-1",
    ]

    /// Where the guide offers MeterUsage only.
    private static let government: Set<String> = ["us-gov-east-1", "us-gov-west-1"]

    /// Where the guide offers what sellers of SaaS call, and no MeterUsage.
    private static let onlyBilledByRecords: Set<String> = ["cn-northwest-1", "eusc-de-east-1"]
}
