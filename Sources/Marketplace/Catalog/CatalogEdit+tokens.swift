package import MeteringAPI

extension CatalogEdit {
    /// Which agreement a registration token is for.
    package enum TokenSubject: Sendable {
        case agreement(String)
        /// The newest agreement of the buyer that has not ended.
        case parties(productCode: String, buyerAccountID: String)
    }

    /// Makes a registration token of this digest.
    package mutating func addRegistrationToken(
        for subject: TokenSubject, expiresIn: Int64?, digest: String
    ) throws(Contradiction) -> RegistrationToken {
        let seconds = expiresIn ?? RegistrationToken.lifetime
        guard seconds > 0 else {
            throw Contradiction(.invalid, "expiresIn", "a token lives for a second or more")
        }
        guard seconds <= MarketplaceLimits.credentialSeconds else {
            throw Contradiction(.invalid, "expiresIn", "a token lives at most a hundred years")
        }
        let agreement = try agreement(of: subject)
        guard let product = catalog.products[agreement.productCode], product.type == .saas else {
            throw Contradiction(
                .conflict, "productCode",
                "only saas products have registration tokens: no browser is sent to the others")
        }
        forgetOldTokens()
        let token = RegistrationToken(
            digest: digest, agreementID: agreement.id, expiresAt: now.adding(seconds: seconds))
        put(.registrationToken(token))
        return token
    }

    private func agreement(of subject: TokenSubject) throws(Contradiction) -> Agreement {
        switch subject {
        case .agreement(let id):
            guard let agreement = catalog.agreements[id] else {
                throw Contradiction(
                    .invalid, "agreementId", "there is no agreement \(quoted(id))")
            }
            return agreement
        case .parties(let productCode, let buyer):
            var faults = ObjectionCollector()
            faults.check(
                catalog.products[productCode] != nil, "productCode",
                "there is no product \(quoted(productCode))")
            faults.check(
                catalog.accounts[buyer]?.role == .buyer, "buyerAccountId",
                "there is no buyer's account \(quoted(buyer))")
            try faults.finish()
            guard let agreement = current(productCode, buyer) else {
                throw Contradiction(
                    .conflict, "buyerAccountId",
                    "the buyer has no pending or current agreement for this product")
            }
            return agreement
        }
    }

    /// What has to be looked up for a new token: a few that are to be forgotten, so that they go
    /// faster than new ones come.
    package static func lookUpsForToken(at now: Timestamp) -> [FactQuery] {
        [
            .due(
                .registrationToken,
                through: now.adding(seconds: -MarketplaceLimits.expiredTokenSeconds), limit: 2)
        ]
    }

    /// Keeps expired tokens from piling up for ever.
    private mutating func forgetOldTokens() {
        let limit = now.adding(seconds: -MarketplaceLimits.expiredTokenSeconds)
        while let token = catalog.registrationToken(endedBefore: limit) {
            remove(CatalogFact.Key(.registrationToken, token.digest))
        }
    }

    /// Changes the marketplace's clock.
    package mutating func changeClock(
        _ change: MarketplaceClock.Change
    ) throws(Contradiction) -> MarketplaceClock {
        if case .running(_, let speed) = change {
            guard (1...MarketplaceLimits.clockSpeedThousandths).contains(speed) else {
                throw Contradiction(
                    .invalid, "speed",
                    "the speed is from 0.001 to \(MarketplaceLimits.clockSpeedThousandths / 1000)")
            }
        }
        if case .advance(let milliseconds) = change, milliseconds < 0 {
            throw Contradiction(
                .conflict, "advance",
                "the marketplace's time cannot go back: POST /control/v1/reset returns it to "
                    + "real time and forgets usage")
        }
        let clock: MarketplaceClock
        do throws(ClockContradiction) {
            clock = try catalog.clock.changed(by: change, real: realNow, from: now)
        } catch {
            throw Contradiction(
                .conflict, change == .real ? "mode" : "now",
                "the marketplace's time is \(error.now.iso8601) and cannot go back to "
                    + "\(error.asked.iso8601): POST /control/v1/reset returns it to real time "
                    + "and forgets usage")
        }
        guard clock.now(real: realNow).date.year <= 9999 else {
            throw Contradiction(
                .invalid, "advance", "the marketplace's time ends with the year 9999")
        }
        try requireShortMove(to: clock.now(real: realNow))
        put(.clock(clock))
        return clock
    }
}
