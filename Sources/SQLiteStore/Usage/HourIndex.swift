import Marketplace
import MeteringAPI

/// Where the records of one hour are, by a fingerprint of what they are of.
///
/// An open-addressing table of 12 bytes a slot. It says where a record may be; the record itself
/// says whether it is the one, so fingerprints may collide.
final class HourIndex {
    /// 0 where the slot is empty.
    private var fingerprints: [UInt32]
    private var places: [RecordPlaceBits]
    private(set) var count = 0
    /// The latest moment at which somebody reported for this hour.
    var lastUse: Timestamp

    private typealias RecordPlaceBits = UInt64

    init(usedAt moment: Timestamp) {
        fingerprints = [UInt32](repeating: 0, count: 16)
        places = [RecordPlaceBits](repeating: 0, count: 16)
        lastUse = moment
    }

    /// The first slot to look at.
    func start(_ fingerprint: UInt32) -> Int { Int(fingerprint) & (fingerprints.count - 1) }

    /// The next record of this fingerprint from a slot on, which then is the one after it; nil
    /// where there is none.
    func next(_ fingerprint: UInt32, from slot: inout Int) -> RecordPlace? {
        while fingerprints[slot] != 0 {
            let current = slot
            slot = (slot + 1) & (fingerprints.count - 1)
            if fingerprints[current] == fingerprint {
                return RecordPlace(
                    run: Int64(places[current] / UInt64(UsageRun.maximumCount)),
                    position: Int(places[current] % UInt64(UsageRun.maximumCount)))
            }
        }
        return nil
    }

    func insert(_ fingerprint: UInt32, _ place: RecordPlace) {
        if count >= fingerprints.count / 4 * 3 { grow() }
        put(
            fingerprint,
            UInt64(place.run) * UInt64(UsageRun.maximumCount) + UInt64(place.position))
        count += 1
    }

    private func put(_ fingerprint: UInt32, _ place: RecordPlaceBits) {
        var slot = start(fingerprint)
        while fingerprints[slot] != 0 { slot = (slot + 1) & (fingerprints.count - 1) }
        fingerprints[slot] = fingerprint
        places[slot] = place
    }

    private func grow() {
        let (oldFingerprints, oldPlaces) = (fingerprints, places)
        fingerprints = [UInt32](repeating: 0, count: oldFingerprints.count * 2)
        places = [RecordPlaceBits](repeating: 0, count: oldFingerprints.count * 2)
        for (fingerprint, place) in zip(oldFingerprints, oldPlaces) where fingerprint != 0 {
            put(fingerprint, place)
        }
    }
}

extension SeriesNames.Usage {
    /// Thirty-two bits that are never 0, spread by a seed that no client knows.
    func fingerprint(_ seed: UInt64) -> UInt32 {
        var state = seed
        func add(_ first: UInt32, _ second: UInt32) {
            let word = UInt64(first) << 32 | UInt64(second)
            let (high, low) = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            state = (high ^ low) &+ seed
        }
        add(product, region)
        add(buyer, dimension)
        add(resource, 1)
        return max(UInt32(truncatingIfNeeded: state ^ state >> 32), 1)
    }
}

/// The indices of the hours that are written to, made from the file when they are first needed.
///
/// Used on the writing connection only.
struct OpenHours {
    private var hours: [Int64: HourIndex] = [:]
    /// The hour that was asked for last: most entries are of one hour.
    private var last: (hour: Int64, index: HourIndex)?
    private var latestUse = Timestamp(milliseconds: .min)
    private let limit: Int
    private let seed = UInt64.random(in: .min ... .max) | 1

    /// How long an hour stays in memory after it was last reported for, in seconds of the
    /// marketplace's clock.
    private static let idleSeconds: Int64 = 3600

    /// - Parameter limit: the most records that all hours together may have between transactions.
    init(limit: Int) {
        self.limit = limit
    }

    func fingerprint(_ usage: SeriesNames.Usage) -> UInt32 { usage.fingerprint(seed) }

    /// The index of an hour; `load` gives it the records that the file has of it.
    mutating func index(
        of hour: Int64, usedAt moment: Timestamp,
        load: (_ add: (UsageRun) -> Void) throws(SQLiteFailure) -> Void
    ) throws(SQLiteFailure) -> HourIndex {
        let index: HourIndex
        if let last, last.hour == hour {
            index = last.index
        } else if let known = hours[hour] {
            index = known
        } else {
            index = HourIndex(usedAt: moment)
            try load { run in add(run, to: index) }
            hours[hour] = index
        }
        index.lastUse = max(index.lastUse, moment)
        latestUse = max(latestUse, moment)
        last = (hour, index)
        return index
    }

    /// Adds the records of a run that entries can meet.
    private func add(_ run: UsageRun, to index: HourIndex) {
        for (position, record) in run.records.enumerated() where record.canBeMet {
            index.insert(
                fingerprint(record.usage(in: run.key)), RecordPlace(run: run.id, position: position)
            )
        }
    }

    /// Lets go of hours that nobody reports for any more, and of those that were used longest ago
    /// while there are too many; only between transactions, when the file has all of them.
    mutating func tidy() {
        let oldest = latestUse.adding(seconds: -Self.idleSeconds)
        var count = 0
        var idle: [Int64] = []
        for (hour, index) in hours {
            if index.lastUse < oldest { idle.append(hour) } else { count += index.count }
        }
        guard count > limit || !idle.isEmpty else { return }
        for hour in idle { hours[hour] = nil }
        for (hour, index) in hours.sorted(by: { $0.value.lastUse < $1.value.lastUse })
        where count > limit {
            count -= index.count
            hours[hour] = nil
        }
        last = nil
    }

    mutating func forget() {
        hours.removeAll()
        last = nil
    }
}

extension PackedRecord {
    /// Whether a later entry can be a duplicate of it or be billed twice with it.
    ///
    /// A resource's usage that comes many times an hour is neither.
    var canBeMet: Bool {
        flags.contains(.oncePerHour) || space != UsageSeries.Space.resource.rawValue
    }

    func usage(in key: UsageRun.Key) -> SeriesNames.Usage {
        SeriesNames.Usage(
            product: key.product, region: key.region, buyer: buyer, dimension: dimension,
            resource: resource)
    }
}
