import DurableFile
import Marketplace
import MeteringAPI

/// Where the records of one hour are, by a fingerprint of what they are of.
///
/// An open-addressing table of 12 bytes a slot. It says where a record may be; the record itself
/// says whether it is the one, so fingerprints may collide.
struct HourIndex {
    /// 0 where the slot is empty.
    private var fingerprints: [UInt32]
    private var places: [RecordPlaceBits]
    private(set) var count = 0
    /// The latest moment at which somebody reported for this hour.
    var lastUse = Timestamp(milliseconds: .min)
    let hour: Int64

    private typealias RecordPlaceBits = UInt64

    init(of hour: Int64) {
        self.hour = hour
        fingerprints = [UInt32](repeating: 0, count: 16)
        places = [RecordPlaceBits](repeating: 0, count: 16)
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

    mutating func insert(_ fingerprint: UInt32, _ place: RecordPlace) {
        if count >= fingerprints.count / 4 * 3 { grow() }
        put(
            fingerprint,
            UInt64(place.run) * UInt64(UsageRun.maximumCount) + UInt64(place.position))
        count += 1
    }

    private mutating func put(_ fingerprint: UInt32, _ place: RecordPlaceBits) {
        var slot = start(fingerprint)
        while fingerprints[slot] != 0 { slot = (slot + 1) & (fingerprints.count - 1) }
        fingerprints[slot] = fingerprint
        places[slot] = place
    }

    private mutating func grow() {
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
    private var indices: [HourIndex] = []
    /// Where the index of each hour is.
    private var positions: [Int64: Int] = [:]
    /// The hour that was asked for last: most entries are of one hour.
    private var last: (hour: Int64, position: Int)?
    private var latestUse = Timestamp(milliseconds: .min)
    /// The hours whose records cannot be read, and why: they are not read again for each report.
    private var damaged: [Int64: SQLiteFailure] = [:]
    private let limit: Int
    private let seed = UInt64.random(in: .min ... .max) | 1

    /// - Parameter limit: the most records that all hours together may have between transactions.
    init(limit: Int) {
        self.limit = limit
    }

    func fingerprint(_ usage: SeriesNames.Usage) -> UInt32 { usage.fingerprint(seed) }

    /// The first slot to look at in an hour that is open.
    func start(_ fingerprint: UInt32, in position: Int) -> Int {
        indices[position].start(fingerprint)
    }

    /// The next record of this fingerprint, as `HourIndex.next` has it.
    func next(_ fingerprint: UInt32, in position: Int, from slot: inout Int) -> RecordPlace? {
        indices[position].next(fingerprint, from: &slot)
    }

    mutating func insert(_ fingerprint: UInt32, _ place: RecordPlace, in position: Int) {
        indices[position].insert(fingerprint, place)
    }

    /// The position of an hour's index, which is made of the runs in the file if there is none.
    mutating func open(
        _ hour: Int64, usedAt moment: Timestamp, from runs: RunTable
    ) throws(SQLiteFailure) -> Int {
        let position: Int
        if let last, last.hour == hour {
            position = last.position
        } else if let known = positions[hour] {
            position = known
        } else {
            position = try load(hour, from: runs)
        }
        if moment > indices[position].lastUse { indices[position].lastUse = moment }
        latestUse = max(latestUse, moment)
        last = (hour, position)
        return position
    }

    private mutating func load(_ hour: Int64, from runs: RunTable) throws(SQLiteFailure) -> Int {
        if let failure = damaged[hour] { throw failure }
        var index = HourIndex(of: hour)
        do throws(SQLiteFailure) {
            try runs.forEachRun(ofHour: hour) { run in
                for (position, record) in run.records.enumerated() where record.canBeMet {
                    index.insert(
                        fingerprint(record.usage(in: run.key)),
                        RecordPlace(run: run.id, position: position))
                }
            }
        } catch {
            let failure = error.about("the usage of \(Hour(ordinal: hour).start.iso8601)")
            if failure.isDamage { damaged[hour] = failure }
            throw failure
        }
        indices.append(index)
        positions[hour] = indices.count - 1
        return indices.count - 1
    }

    /// Lets go of hours that nobody reports for any more, and of those that were used longest ago
    /// while there are too many; only between transactions, when the file has all of them.
    mutating func tidy() {
        let oldest = latestUse.adding(seconds: -StoreLimits.idleHourSeconds)
        var count = indices.reduce(0) { $0 + $1.count }
        guard count > limit || indices.contains(where: { $0.lastUse < oldest }) else { return }
        indices.sort { $0.lastUse > $1.lastUse }
        while let index = indices.last, count > limit || index.lastUse < oldest {
            count -= index.count
            indices.removeLast()
        }
        positions.removeAll()
        for (position, index) in indices.enumerated() { positions[index.hour] = position }
        last = nil
    }

    /// Lets hours be read again that could not be; for a file that has forgotten them.
    mutating func forgetDamage() {
        damaged.removeAll()
    }

    mutating func forget() {
        indices.removeAll()
        positions.removeAll()
        last = nil
        // The clock may go back with what is forgotten.
        latestUse = Timestamp(milliseconds: .min)
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
