import Marketplace
import MeteringAPI

/// A record as it lies in a run: 56 bytes, numbers for all texts.
///
/// In the file each number is little-endian, in the order of these members.
struct PackedRecord: Sendable, Equatable {
    struct Flags: OptionSet {
        let rawValue: UInt8

        static let billedTwice = Flags(rawValue: 1)
        /// It is the one record that its series has in its hour.
        static let oncePerHour = Flags(rawValue: 2)
        static let hasAllocations = Flags(rawValue: 4)
    }

    var idHigh: UInt64
    var idLow: UInt64
    /// Millionths.
    var quantity: Int64
    /// Milliseconds since 1970.
    var recordedAt: Int64
    var buyer: UInt32
    var dimension: UInt32
    /// 0 for none, here and below.
    var license: UInt32
    var resource: UInt32
    /// Milliseconds since the beginning of the run's hour.
    var offset: UInt32
    var space: UInt8
    var operation: UInt8
    var flags: Flags

    static let size = 56

    init(_ entry: UsageEntry, _ names: SeriesNames, _ flags: Flags) {
        idHigh = entry.id.high
        idLow = entry.id.low
        quantity = entry.quantity.millionths
        recordedAt = entry.recordedAt.milliseconds
        buyer = names.usage.buyer
        dimension = names.usage.dimension
        license = names.license
        resource = names.usage.resource
        let hour = entry.timestamp.hour.ordinal
        // At the ends of 64 bits the hour's first moment overflows; the difference is right.
        offset = UInt32(
            truncatingIfNeeded: entry.timestamp.milliseconds &- hour &* Hour.millisecondsPerHour)
        space = names.space.rawValue
        operation = entry.operation.storedNumber
        self.flags = flags
    }

    var id: MeteringRecordID { MeteringRecordID(high: idHigh, low: idLow) }

    func timestamp(inHour hour: Int64) -> Timestamp {
        Timestamp(milliseconds: hour &* Hour.millisecondsPerHour &+ Int64(offset))
    }
}

extension PackedRecord {
    init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
        func number<Number: FixedWidthInteger>(_ offset: Int) -> Number {
            Number(
                littleEndian: bytes.loadUnaligned(fromByteOffset: start + offset, as: Number.self))
        }
        idHigh = number(0)
        idLow = number(8)
        quantity = number(16)
        recordedAt = number(24)
        buyer = number(32)
        dimension = number(36)
        license = number(40)
        resource = number(44)
        offset = number(48)
        space = number(52)
        operation = number(53)
        flags = Flags(rawValue: number(54))
    }

    func write(to bytes: UnsafeMutableRawBufferPointer, at start: Int) {
        func put(_ number: some FixedWidthInteger, _ offset: Int) {
            withUnsafeBytes(of: number.littleEndian) { source in
                UnsafeMutableRawBufferPointer(rebasing: bytes[(start + offset)...])
                    .copyMemory(from: source)
            }
        }
        put(idHigh, 0)
        put(idLow, 8)
        put(quantity, 16)
        put(recordedAt, 24)
        put(buyer, 32)
        put(dimension, 36)
        put(license, 40)
        put(resource, 44)
        put(offset, 48)
        put(space, 52)
        put(operation, 53)
        put(flags.rawValue, 54)
        put(0 as UInt8, 55)
    }
}

/// Where a record is: the number of its run, and its position in it.
struct RecordPlace: Sendable, Hashable {
    let run: Int64
    let position: Int
}

extension OperationName {
    /// The number that stands for it in a file; numbers in use never change.
    var storedNumber: UInt8 {
        switch self {
        case .batchMeterUsage: 1
        case .meterUsage: 2
        case .registerUsage: 3
        case .resolveCustomer: 4
        case .getEntitlements: 5
        }
    }

    init?(storedNumber: UInt8) {
        guard let operation = Self.allCases.first(where: { $0.storedNumber == storedNumber }) else {
            return nil
        }
        self = operation
    }
}
