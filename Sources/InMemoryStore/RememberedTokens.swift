import HeapModule
import Marketplace
import MeteringAPI

/// The client tokens that the store in memory remembers.
///
/// They are dropped by the rule of the embedded store: what has expired for an hour goes as new
/// ones come, at most two for each of them.
struct RememberedTokens {
    struct Remembered {
        let requestDigest: UInt128
        let id: MeteringRecordID
        let expiresAt: Timestamp
    }

    private struct Key: Hashable {
        let accountID: ExactText
        let resourceID: ExactText
        let region: ExactText
        let token: ExactText

        init(_ token: ClientToken) {
            accountID = ExactText(token.scope.accountID)
            resourceID = ExactText(token.scope.resourceID)
            region = ExactText(token.scope.region)
            self.token = ExactText(token.token)
        }
    }

    /// When a token expires, in the order in which tokens do.
    private struct Expiry: Comparable {
        let time: Timestamp
        let key: Key

        static func < (left: Expiry, right: Expiry) -> Bool { left.time < right.time }
        static func == (left: Expiry, right: Expiry) -> Bool { left.time == right.time }
    }

    private var known: [Key: Remembered] = [:]
    /// One for each time that a token was remembered; some are out of date.
    private var expiries = Heap<Expiry>()
    /// How many were remembered since the last sweep, and the latest moment at which one was.
    private var unswept = 0
    private var latest = Timestamp(milliseconds: .min)

    var count: Int { known.count }

    func find(_ token: ClientToken) -> Remembered? { known[Key(token)] }

    mutating func remember(_ token: ClientToken, id: MeteringRecordID, at moment: Timestamp) {
        let expiresAt = moment.adding(seconds: ClientToken.lifetime)
        let key = Key(token)
        known[key] = Remembered(
            requestDigest: token.requestDigest, id: id, expiresAt: expiresAt)
        expiries.insert(Expiry(time: expiresAt, key: key))
        unswept += 1
        latest = max(latest, moment)
    }

    /// Drops tokens that have expired, at most twice as many as have come since the last time.
    mutating func sweep() {
        guard unswept > 0 else { return }
        let limit = latest.adding(seconds: -MarketplaceLimits.tokenGraceSeconds)
        var left = 2 * unswept
        unswept = 0
        while left > 0, let first = expiries.min, first.time < limit {
            expiries.removeMin()
            // A token that was remembered again expires later.
            guard known[first.key]?.expiresAt == first.time else { continue }
            known[first.key] = nil
            left -= 1
        }
    }
}
