package import MeteringAPI

/// A moment in an agreement's life at which something happens by itself.
///
/// The order is that of milestones at one moment; the numbers are what is stored.
package enum AgreementMilestone: Int, Sendable, CaseIterable {
    /// The seller is told that it was accepted, where that is told late.
    case created = 9
    case started = 0
    /// The seller is told of the licence, where that is told late.
    case licensed = 10
    case endingIn180Days = 1
    case endingIn120Days, endingIn90Days, endingIn60Days, endingIn30Days
    case trialEnded
    case ended
    /// The seller is told that the licence is gone, where that is told late.
    case deprovisioned = 11
    /// The hour for final records is over.
    case closed = 8

    /// How many days before the end it is a reminder of.
    package var daysBeforeEnd: Int64? {
        switch self {
        case .endingIn180Days: 180
        case .endingIn120Days: 120
        case .endingIn90Days: 90
        case .endingIn60Days: 60
        case .endingIn30Days: 30
        case .created, .started, .licensed, .trialEnded, .ended, .deprovisioned, .closed: nil
        }
    }
}

extension Agreement {
    /// The milestones that have passed.
    package struct Milestones: OptionSet, Sendable, Hashable {
        package let rawValue: Int

        package init(rawValue: Int) {
            self.rawValue = rawValue
        }

        package init(_ milestone: AgreementMilestone) {
            self.init(rawValue: 1 << milestone.rawValue)
        }

        /// Of an agreement that was made before there were milestones.
        package static let untold = Milestones(rawValue: 1 << 30)
    }

    /// When a milestone is; nil where the agreement, as far as is known, has none.
    package func time(of milestone: AgreementMilestone) -> Timestamp? {
        switch milestone {
        case .created:
            guard tellsLate else { return nil }
            return beforeEnd(acceptedAt.adding(seconds: EventDelays.created))
        case .started: return isCancelledBeforeStart ? nil : startsAt
        case .licensed:
            guard tellsLate, !isCancelledBeforeStart else { return nil }
            return beforeEnd(max(acceptedAt, startsAt).adding(seconds: EventDelays.licensed))
        case .deprovisioned:
            guard tellsLate, !isCancelledBeforeStart else { return nil }
            return endsAt?.adding(seconds: EventDelays.deprovisioned)
        case .trialEnded:
            guard isFreeTrial, let trialEndsAt, endsAt.map({ trialEndsAt < $0 }) ?? true else {
                return nil
            }
            return trialEndsAt
        case .ended: return endsAt
        case .closed: return finalUsageUntil
        case .endingIn180Days, .endingIn120Days, .endingIn90Days, .endingIn60Days,
            .endingIn30Days:
            guard let endsAt, let days = milestone.daysBeforeEnd, end == .expired else {
                return nil
            }
            let time = endsAt.adding(seconds: -days * 86_400)
            return time > acceptedAt && time > startsAt ? time : nil
        }
    }

    /// When the seller is told of what an agreement brings: of one that does not last so long, at
    /// its end, before the end is told of.
    private func beforeEnd(_ time: Timestamp) -> Timestamp { endsAt.map { min($0, time) } ?? time }

    /// The next milestone that has not passed; nothing may happen before it.
    package var next: (milestone: AgreementMilestone, time: Timestamp)? {
        AgreementMilestone.allCases.lazy
            .filter { !passed.contains(Milestones($0)) }
            .compactMap { milestone in time(of: milestone).map { (milestone, $0) } }
            .min { $0.1 < $1.1 }
    }

    /// The milestones whose kind and time are as asked.
    func milestones(
        where includes: (AgreementMilestone, Timestamp) -> Bool
    ) -> Milestones {
        AgreementMilestone.allCases.reduce(into: []) { found, milestone in
            if let time = time(of: milestone), includes(milestone, time) {
                found.insert(Milestones(milestone))
            }
        }
    }

    /// Takes for passed, and told of, what came before or at a moment, and only that.
    package mutating func passMilestones(through now: Timestamp) {
        passed = milestones { $1 <= now }
    }
}
