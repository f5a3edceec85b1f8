/// The scenarios that come with Turnpike.
enum ScenarioLibrary {
    /// By name; each is a YAML text as people write them.
    static let all: [(name: String, text: String)] = [
        ("new-buyer", newBuyer), ("upgrade", upgrade), ("cancellation", cancellation),
        ("month-end", monthEnd), ("throttled-burst", throttledBurst),
        ("lost-replies", lostReplies), ("two-agreements", twoAgreements),
        ("suspended-buyer", suspendedBuyer), ("migration", migration),
    ]

    private static let newBuyer = """
        title: A new buyer, from the first hour on
        steps:
          - account: {accountId: $newBuyer, role: buyer, name: Newcomer}
          - say: Nothing may be metered yet.
          - advance: 10m
          - agreement: {as: first, productCode: $product, buyerAccountId: $newBuyer}
          - say: The buyer has come. Usage of this hour counts from its full hour on.
          - hours: 4
        expect:
          - {agreement: first, dimension: $dimension, from: +0h, to: +4h, quantity: any}
        """

    private static let upgrade = """
        title: An upgrade in the middle of a month
        steps:
          - account: {accountId: $newBuyer, role: buyer, name: Grower}
          - agreement: {as: small, productCode: $product, buyerAccountId: $newBuyer,
                        endsAt: +720h}
          - hours: 2
          - replace: {agreement: small, as: large, endsAt: +1440h}
          - say: The small agreement's last hour may be reported for one hour more.
          - hours: 3
        expect:
          - {agreement: small, dimension: $dimension, from: +0h, to: +2h, quantity: any}
          - {agreement: large, dimension: $dimension, from: +2h, to: +5h, quantity: any}
        """

    private static let cancellation = """
        title: A cancellation, with an hour for final records
        steps:
          - account: {accountId: $newBuyer, role: buyer, name: Leaver}
          - agreement: {as: leaving, productCode: $product, buyerAccountId: $newBuyer}
          - hours: 2
          - advance: 30m
          - cancel: leaving
          - say: The half hour until now has to be reported within the next hour.
          - jump: grace-end leaving
          - say: That was the last second. What comes now is refused.
          - advance: 2s
        expect:
          - {agreement: leaving, dimension: $dimension, from: +0h, to: +3h, quantity: any}
        """

    private static let monthEnd = """
        title: The end of a month, and its close at 06:00 UTC on the first
        start: month-end-5m
        steps:
          - account: {accountId: $newBuyer, role: buyer, name: Year}
          - agreement: {as: monthly, productCode: $product, buyerAccountId: $newBuyer}
          - say: The month's last hour ends.
          - hours: 1
          - jump: month-close-5m
          - say: It is 05:55. Until 05:59 the old month is open.
          - advance: 4m
          - say: It is 05:59.
          - advance: 1m
          - say: It is 06:00. The old month is closed.
          - hours: 1
        expect:
          - {agreement: monthly, dimension: $dimension, from: +0h, to: +1h, quantity: any}
        """

    private static let throttledBurst = """
        title: A burst that is throttled
        steps:
          - account: {accountId: $newBuyer, role: buyer, name: Crowd}
          - agreement: {as: busy, productCode: $product, buyerAccountId: $newBuyer}
          - faults:
              - {operation: BatchMeterUsage, next: 5, error: ThrottlingException}
          - say: The next five requests are throttled. Whoever gives up loses the hour.
          - hours: 2
          - faults: []
          - hours: 1
        expect:
          - {agreement: busy, dimension: $dimension, from: +0h, to: +3h, quantity: any}
        """

    private static let lostReplies = """
        title: Replies that get lost after the records were taken
        steps:
          - account: {accountId: $newBuyer, role: buyer, name: Faraway}
          - agreement: {as: far, productCode: $product, buyerAccountId: $newBuyer}
          - faults:
              - {operation: BatchMeterUsage, next: 2, cut: afterCommit}
          - say: Two replies get lost. Who sends the same again is answered the same ids.
          - hours: 2
          - faults: []
          - hours: 1
        expect:
          - {agreement: far, dimension: $dimension, from: +0h, to: +3h, quantity: any}
        """

    private static let twoAgreements = """
        title: Two agreements of one buyer for one product
        steps:
          - account: {accountId: $newBuyer, role: buyer, name: Twice}
          - agreement: {as: east, productCode: $product, buyerAccountId: $newBuyer}
          - hours: 1
          - agreement: {as: west, productCode: $product, buyerAccountId: $newBuyer}
          - say: Usage has to be reported by LicenseArn now, for each of the two.
          - hours: 3
        expect:
          - {agreement: east, dimension: $dimension, from: +0h, to: +4h, quantity: any}
          - {agreement: west, dimension: $dimension, from: +1h, to: +4h, quantity: any}
        """

    private static let suspendedBuyer = """
        title: A buyer whose account is suspended for some hours
        steps:
          - account: {accountId: $newBuyer, role: buyer, name: Debtor}
          - agreement: {as: paused, productCode: $product, buyerAccountId: $newBuyer}
          - hours: 1
          - suspend: $newBuyer
          - say: Usage is answered CustomerNotSubscribed now. Keep it.
          - hours: 2
          - resume: $newBuyer
          - say: What was kept is taken again, as long as it is not older than the window.
          - hours: 2
        expect:
          - {agreement: paused, dimension: $dimension, from: +0h, to: +5h, quantity: any}
        """

    private static let migration = """
        title: A migration from ProductCode to LicenseArn, where an hour is billed twice at once
        steps:
          - account: {accountId: $newBuyer, role: buyer, name: Mover}
          - agreement: {as: moved, productCode: $product, buyerAccountId: $newBuyer}
          - say: Report by ProductCode.
          - hours: 2
          - say: Report by LicenseArn from here on, and no hour again that was reported before.
          - hours: 2
        expect:
          - {agreement: moved, dimension: $dimension, from: +0h, to: +4h, quantity: any}
        """
}
