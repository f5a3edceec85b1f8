/// AWS's partitions and regions, and where each service has an endpoint.
///
/// Made by `Scripts/regions` of the endpoint data of botocore 1.44.5: change the script, not this.
enum EndpointTable {
    struct Row: Sendable {
        let partition: String
        let regions: Set<String>
        let metering: Set<String>
        let entitlement: Set<String>
    }

    static let rows = [
        Row(
            partition: "aws",
            regions: [
                "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2",
                "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2",
                "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",
                "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2",
                "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
                "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
                "us-east-1", "us-east-2", "us-west-1", "us-west-2",
            ],
            metering: [
                "af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
                "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
                "ap-southeast-4", "ca-central-1", "eu-central-1", "eu-central-2", "eu-north-1",
                "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
                "il-central-1", "me-central-1", "me-south-1", "sa-east-1", "us-east-1",
                "us-east-2", "us-west-1", "us-west-2",
            ],
            entitlement: ["us-east-1"]),
        Row(
            partition: "aws-cn",
            regions: ["cn-north-1", "cn-northwest-1"],
            metering: ["cn-northwest-1"],
            entitlement: ["cn-northwest-1"]),
        Row(
            partition: "aws-eusc",
            regions: ["eusc-de-east-1"],
            metering: ["eusc-de-east-1"],
            entitlement: ["eusc-de-east-1"]),
        Row(
            partition: "aws-iso",
            regions: ["us-iso-east-1", "us-iso-west-1"],
            metering: [],
            entitlement: []),
        Row(
            partition: "aws-iso-b",
            regions: ["us-isob-east-1", "us-isob-west-1"],
            metering: ["us-isob-east-1"],
            entitlement: []),
        Row(
            partition: "aws-iso-e",
            regions: ["eu-isoe-west-1"],
            metering: [],
            entitlement: []),
        Row(
            partition: "aws-iso-f",
            regions: ["us-isof-east-1", "us-isof-south-1"],
            metering: [],
            entitlement: []),
        Row(
            partition: "aws-us-gov",
            regions: ["us-gov-east-1", "us-gov-west-1"],
            metering: ["us-gov-east-1", "us-gov-west-1"],
            entitlement: []),
    ]
}
