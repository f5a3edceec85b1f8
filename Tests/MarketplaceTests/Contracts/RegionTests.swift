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

    /// The European Sovereign Cloud, China, and an isolated region.
    private static let elsewhere: Set<String> = [
        "eusc-de-east-1", "cn-northwest-1", "us-isob-east-1",
    ]

    /// An operation, the kinds of caller, and the regions.
    private static let rows: [(OperationName, [PrincipalKind], Set<String>)] = [
        (.batchMeterUsage, [.account], saas.union(elsewhere)),
        (.resolveCustomer, [.account], saas.union(elsewhere)),
        (.getEntitlements, [.account], ["us-east-1", "cn-northwest-1", "eusc-de-east-1"]),
        (.meterUsage, [.ec2Instance], saas.union(government).union(["us-isob-east-1"])),
        (.meterUsage, [.ecsTask, .eksPod], containers),
        (.meterUsage, [.agentCoreRuntime], ["us-east-1"]),
        (.registerUsage, [.ecsTask, .eksPod], containers),
    ]

    @Test("An operation is offered in its regions and in no other", arguments: rows)
    func offer(operation: OperationName, kinds: [PrincipalKind], regions: Set<String>) {
        let all = Self.saas.union(Self.government).union(Self.strangers).union(Self.elsewhere)
        for kind in kinds {
            let offered = all.filter { Regions.offer(operation, in: $0, to: kind) }
            #expect(offered == regions)
        }
    }

    @Test(
        "A region's partition is that of its ARNs, and has a region that speaks for it",
        arguments: [
            ("eu-west-1", "aws", "us-east-1"), ("us-east-1", "aws", "us-east-1"),
            ("cn-north-1", "aws-cn", "cn-northwest-1"),
            ("us-gov-east-1", "aws-us-gov", "us-gov-west-1"),
            ("eusc-de-east-1", "aws-eusc", "eusc-de-east-1"),
            ("us-isob-west-1", "aws-iso-b", "us-isob-east-1"),
        ])
    func partitions(region: String, name: String, home: String) {
        let partition = Partition(ofRegion: region)
        #expect(partition?.name == name)
        #expect(partition?.homeRegion == home)
        #expect(Partition(ofRegion: "\(region)a") == nil)
    }

    @Test("The lists are as long as AWS's")
    func counts() {
        #expect(Self.saas.count == 28)
        #expect(Self.containers.count == 17)
    }
}
