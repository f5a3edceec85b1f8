import MeteringAPI

/// Moments of what is to happen, the earliest first.
///
/// They are kept in short sorted pieces, so that adding or removing one among a million copies a
/// few hundred of them, and a copy of the whole shares its pieces.
struct Agenda<Moment: Comparable & Sendable>: Sendable {
    private var pieces: [[Moment]] = []
    /// A piece that grows beyond this is divided.
    private static var longestPiece: Int { 256 }

    var first: Moment? { pieces.first?.first }

    mutating func insert(_ moment: Moment) {
        guard !pieces.isEmpty else {
            pieces = [[moment]]
            return
        }
        let piece = max(0, pieces.frontCount { $0[0] <= moment } - 1)
        let place = pieces[piece].frontCount { $0 < moment }
        pieces[piece].insert(moment, at: place)
        guard pieces[piece].count > Self.longestPiece else { return }
        let half = Self.longestPiece / 2
        pieces.insert(Array(pieces[piece][half...]), at: piece + 1)
        pieces[piece].removeSubrange(half...)
    }

    mutating func remove(_ moment: Moment) {
        let piece = pieces.frontCount { $0[0] <= moment } - 1
        guard piece >= 0 else { return }
        let place = pieces[piece].frontCount { $0 < moment }
        guard place < pieces[piece].count, pieces[piece][place] == moment else { return }
        pieces[piece].remove(at: place)
        if pieces[piece].isEmpty { pieces.remove(at: piece) }
    }
}

/// A moment at which something happens by itself, and to what.
struct DueMoment: Sendable, Hashable, Comparable {
    enum Subject: Sendable, Hashable {
        /// The next milestone of an agreement.
        case agreement(sequence: Int)
        /// The end of an hour in which a workload ran, or the end of the workload.
        case workload
    }

    let time: Timestamp
    let subject: Subject
    /// The agreement's id, or the workload's name.
    let id: ExactText

    /// At one moment, agreements come before workloads, and older agreements before newer ones.
    static func < (left: DueMoment, right: DueMoment) -> Bool {
        let (order, other) = (left.subject.order, right.subject.order)
        if (left.time, order) != (right.time, other) {
            return (left.time, order) < (right.time, other)
        }
        return left.id < right.id
    }
}

extension DueMoment.Subject {
    fileprivate var order: Int {
        switch self {
        case .agreement(let sequence): sequence
        case .workload: .max
        }
    }
}

/// When a registration token ends.
struct TokenEnd: Sendable, Hashable, Comparable {
    let time: Timestamp
    let digest: String

    init(_ token: RegistrationToken) {
        time = token.expiresAt
        digest = token.digest
    }

    static func < (left: TokenEnd, right: TokenEnd) -> Bool {
        (left.time, left.digest) < (right.time, right.digest)
    }
}
