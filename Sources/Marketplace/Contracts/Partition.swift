/// A part of AWS with accounts, regions and ARNs of its own: `aws`, `aws-cn`, `aws-eusc`.
package struct Partition: Sendable, Hashable {
    /// As ARNs begin with it, after `arn:`.
    package let name: String
    /// The region that speaks for the whole partition: the first one that AWS Marketplace is in.
    package let homeRegion: String

    /// AWS's first and largest partition.
    package static let aws = Partition(name: "aws", homeRegion: "us-east-1")

    private init(name: String, homeRegion: String) {
        self.name = name
        self.homeRegion = homeRegion
    }

    private init(_ row: EndpointTable.Row) {
        let places = [row.entitlement, row.metering, row.regions]
        self.init(
            name: row.partition,
            // Where there are several, the last by name: us-gov-west-1 is the older one.
            homeRegion: places.lazy.compactMap { $0.max() }.first ?? Self.aws.homeRegion)
    }

    private static let byRegion: [String: Partition] = EndpointTable.rows.reduce(into: [:]) {
        for region in $1.regions { $0[region] = Partition($1) }
    }

    /// The partition that a region of AWS's is in; nil for any other text.
    package init?(ofRegion region: String) {
        guard let partition = Self.byRegion[region] else { return nil }
        self = partition
    }

    /// Every region of AWS, sorted.
    static let allRegions = byRegion.keys.sorted()
}
