import MeteringAPI

/// A moment that has a name, to which the marketplace's clock can jump.
package enum ClockJump: Sendable, Hashable {
    /// Five minutes before the month ends.
    case monthEnd
    /// Five minutes before the month that has ended closes for reports, at 06:00 UTC on the first.
    case monthClose
    /// The next full hour.
    case nextHour
    /// The last second in which usage of the present moment is accepted for a product.
    case windowEdge(productCode: String)
    /// The last second in which final records are accepted for an agreement.
    case graceEnd(agreementID: String)

    /// The names by which jumps are asked for.
    package enum Name: String, Sendable, CaseIterable {
        case monthEnd = "month-end-5m"
        case monthClose = "month-close-5m"
        case nextHour = "next-hour"
        case windowEdge = "window-edge"
        case graceEnd = "grace-end"
    }

    fileprivate static let lead: Int64 = 300
}

extension CatalogEdit {
    /// Moves the marketplace's clock on to a moment that has a name; its pace stays.
    package mutating func jump(
        to jump: ClockJump, contract: Contract, alignment: WindowAlignment
    ) throws(Contradiction) -> MarketplaceClock {
        // Where it is on its way to somewhere, it is moved on from there.
        let start = catalog.clock.now(real: realNow)
        let target = try moment(of: jump, from: start, contract, alignment)
        return try changeClock(.advance(milliseconds: target.milliseconds(since: start)))
    }

    /// Refuses to move the clock past more moments than one move may pass.
    func requireShortMove(to target: Timestamp) throws(Contradiction) {
        let moments = catalog.recurringMoments(through: target)
        guard moments > MarketplaceLimits.momentsInMove else { return }
        throw Contradiction(
            .conflict, "now",
            "by \(target.iso8601) \(moments) hours of containers and milestones of agreements that "
                + "renew themselves would pass, and one move of the clock passes at most "
                + "\(MarketplaceLimits.momentsInMove): move it in several parts, or stop or end "
                + "some of them"
        )
    }

    private func moment(
        of jump: ClockJump, from now: Timestamp, _ contract: Contract,
        _ alignment: WindowAlignment
    ) throws(Contradiction) -> Timestamp {
        switch jump {
        case .monthEnd:
            let end = now.nextMonthStart.adding(seconds: -ClockJump.lead)
            return end > now
                ? end : now.nextMonthStart.nextMonthStart.adding(seconds: -ClockJump.lead)
        case .monthClose:
            let lead = ReportingWindow.monthCloses / 1000 - ClockJump.lead
            let close = now.monthStart.adding(seconds: lead)
            return close > now ? close : now.nextMonthStart.adding(seconds: lead)
        case .nextHour: return Hour(ordinal: now.hour.ordinal + 1).start
        case .windowEdge(let code):
            guard let product = catalog.products[code] else {
                throw Contradiction(
                    .invalid, "productCode", "there is no product \(quoted(code))")
            }
            let contract = Contract.governing(product, default: contract)
            let window = product.type == .saas ? contract.batchWindow : contract.meterWindow
            return window.end(of: now, alignment: alignment).adding(seconds: -1)
        case .graceEnd(let id):
            guard let agreement = catalog.agreements[id] else {
                throw Contradiction(
                    .invalid, "agreementId", "there is no agreement \(quoted(id))")
            }
            guard let end = agreement.finalUsageUntil?.adding(seconds: -1), end > now else {
                throw Contradiction(
                    .conflict, "agreementId",
                    "no hour for final records lies ahead: cancel the agreement first")
            }
            return end
        }
    }
}

extension Catalog {
    /// How many moments lie ahead, through a moment, that come again and again.
    ///
    /// What an agreement has besides are a few moments of its own.
    fileprivate func recurringMoments(through end: Timestamp) -> Int {
        registeredWorkloads.reduce(0) { $0 + $1.hours(through: end) }
            + agreementsToRenew.reduce(0) { $0 + $1.renewals(through: end) }
    }
}
