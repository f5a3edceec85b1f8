package import MeteringAPI

/// Who sent a request, as its credentials say.
package struct Caller: Sendable, Hashable {
    package var accessKeyID: String
    package var principal: Principal
    /// The operations that its policy allows.
    package var allowedOperations: Set<OperationName>
    /// Whether no credential says so, as where signatures are not checked.
    package var isAssumed: Bool

    package init(
        accessKeyID: String, principal: Principal,
        allowedOperations: Set<OperationName> = Set(OperationName.allCases),
        isAssumed: Bool = false
    ) {
        self.isAssumed = isAssumed
        self.accessKeyID = accessKeyID
        self.principal = principal
        self.allowedOperations = allowedOperations
    }
}

/// An account, or a workload in one.
package struct Principal: Sendable, Hashable, Codable {
    package var kind: PrincipalKind
    package var accountID: String
    /// Where a workload runs.
    package var region: String?
    /// The instance, task, pod or runtime; MeterUsage and RegisterUsage know it from here only.
    package var resourceID: String?

    package init(
        kind: PrincipalKind, accountID: String, region: String? = nil, resourceID: String? = nil
    ) {
        self.kind = kind
        self.accountID = accountID
        self.region = region
        self.resourceID = resourceID
    }

    /// The partition that a workload runs in; that of an account nothing says.
    private var partition: Partition { region.flatMap(Partition.init(ofRegion:)) ?? .aws }

    /// The ARN that AWS's refusals name.
    package var arn: String {
        switch kind {
        case .account: "arn:aws:iam::\(accountID):user/turnpike"
        case .ec2Instance, .ecsTask, .eksPod, .agentCoreRuntime:
            "arn:\(partition.name):sts::\(accountID):assumed-role/turnpike-\(kind.rawValue)/"
                + (resourceID ?? "")
        }
    }
}

/// What a credential belongs to: an account, or something that runs in it.
package enum PrincipalKind: String, Sendable, Codable, CaseIterable {
    case account, ec2Instance, ecsTask, eksPod, agentCoreRuntime

    /// Whether MeterUsage serves this kind for products of this type.
    package func meters(_ type: ProductType) -> Bool {
        switch self {
        case .account: false
        case .ec2Instance: type == .ami
        case .ecsTask, .eksPod: type == .container
        case .agentCoreRuntime: type == .agentCore
        }
    }
}
