import Marketplace
import MeteringAPI
import Testing

@Suite("Where AWS offers the operations")
struct RegionTests {
    private static let saas: Set<String> = [
        "eu-north-1", "me-south-1", "ap-south-1", "eu-west-3", "ap-southeast-3", "us-east-2",
        "af-south-1", "eu-west-1", "me-central-1", "eu-central-1", "sa-east-1", "ap-east-1",
        "ap-south-2", "us-east-1", "ap-northeast-2", "ap-northeast-3", "eu-west-2",
        "ap-southeast-4", "eu-south-1", "ap-northeast-1", "us-west-2", "us-west-1",
        "ap-southeast-1", "ap-southeast-2", "il-central-1", "ca-central-1", "eu-south-2",
        "eu-central-2",
    ]

    private static let containers: Set<String> = [
        "eu-north-1", "ap-south-1", "eu-west-3", "us-east-2", "eu-west-1", "eu-central-1",
        "sa-east-1", "ap-east-1", "us-east-1", "ap-northeast-2", "eu-west-2", "ap-northeast-1",
        "us-west-2", "us-west-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    ]

    private static let government: Set<String> = ["us-gov-east-1", "us-gov-west-1"]

    private static let strangers: Set<String> = [
        "", "cn-north-1", "us-east-3", "ca-west-1", "US-EAST-1", "ap-southeast-5",
    ]

    /// An operation, the kinds of caller, and the regions.
    private static let rows: [(OperationName, [PrincipalKind], Set<String>)] = [
        (.batchMeterUsage, [.account], saas.union(["cn-northwest-1"])),
        (.resolveCustomer, [.account], saas.union(["cn-northwest-1"])),
        (.meterUsage, [.ec2Instance], saas.union(government)),
        (.meterUsage, [.ecsTask, .eksPod], containers),
        (.meterUsage, [.agentCoreRuntime], ["us-east-1"]),
        (.registerUsage, [.ecsTask, .eksPod], containers),
    ]

    @Test("An operation is offered in its regions and in no other", arguments: rows)
    func offer(operation: OperationName, kinds: [PrincipalKind], regions: Set<String>) {
        let all = Self.saas.union(Self.government).union(Self.strangers).union(["cn-northwest-1"])
        for kind in kinds {
            let offered = all.filter { Regions.offer(operation, in: $0, to: kind) }
            #expect(offered == regions)
        }
    }

    @Test("The lists are as long as AWS's")
    func counts() {
        #expect(Self.saas.count == 28)
        #expect(Self.containers.count == 17)
    }
}
