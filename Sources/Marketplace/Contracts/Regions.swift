package import MeteringAPI

/// Where AWS offers each operation (developer guide, "Metering regions").
package enum Regions {
    /// Whether the operation is offered there to this kind of caller.
    package static func offer(
        _ operation: OperationName, in region: String, to kind: PrincipalKind
    ) -> Bool {
        switch (operation, kind) {
        case (.batchMeterUsage, _), (.resolveCustomer, _):
            commercial.contains(region) || region == "cn-northwest-1"
        case (.meterUsage, .ecsTask), (.meterUsage, .eksPod), (.registerUsage, _):
            containers.contains(region)
        case (.getEntitlements, _): region == "us-east-1"
        case (.meterUsage, .agentCoreRuntime): region == "us-east-1"
        case (.meterUsage, _): commercial.contains(region) || government.contains(region)
        }
    }

    private static let containers: Set<String> = [
        "us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-central-1",
        "eu-west-2", "eu-west-3", "eu-north-1", "ap-east-1", "ap-southeast-1", "ap-northeast-1",
        "ap-southeast-2", "ap-northeast-2", "ap-south-1", "ca-central-1", "sa-east-1",
    ]

    private static let commercial = containers.union([
        "me-south-1", "ap-southeast-3", "af-south-1", "me-central-1", "ap-south-2",
        "ap-northeast-3", "ap-southeast-4", "eu-south-1", "il-central-1", "eu-south-2",
        "eu-central-2",
    ])

    private static let government: Set<String> = ["us-gov-east-1", "us-gov-west-1"]
}
