import Documents
package import Marketplace
package import MeteringAPI

// The bodies that the control API takes and that seed files hold, read into what the catalog's
// commands want.

extension ObjectReader {
    /// Reads an account.
    package func account(id: String) -> Account {
        let account = Account(
            id: id, role: choice("role") ?? .buyer, name: requiredText("name"),
            customerIdentifier: optionalText("customerIdentifier"),
            isSuspended: flag("suspended") ?? false)
        finish()
        return account
    }

    /// Reads a product.
    package func product(code: String) -> Product {
        let product = Product(
            code: code, id: optionalText("productId"), type: choice("type") ?? .saas,
            title: requiredText("title"), sellerAccountID: requiredText("sellerAccountId"),
            integration: choice("integration", default: .concurrentAgreements)
                ?? .concurrentAgreements,
            contract: optionalText("contract"), fulfillmentURL: optionalText("fulfillmentURL"),
            region: optionalText("region") ?? Partition.aws.homeRegion,
            dimensions: objects("dimensions").map { $0.dimension() })
        finish()
        return product
    }

    private func dimension() -> Dimension {
        let dimension = Dimension(
            name: requiredText("name"), type: choice("type", default: .metered) ?? .metered,
            unit: optionalText("unit"), price: optionalText("price"))
        finish()
        return dimension
    }

    /// Reads a new agreement.
    package func agreement() -> CatalogEdit.AgreementDraft {
        var draft = CatalogEdit.AgreementDraft(
            productCode: requiredText("productCode"),
            buyerAccountID: requiredText("buyerAccountId"))
        draft.startsAt = time("startsAt")
        draft.terms = terms()
        draft.id = optionalText("agreementId")
        draft.licenseARN = optionalText("licenseArn")
        draft.offerID = optionalText("offerId")
        draft.isFreeTrial = flag("freeTrial") ?? false
        draft.trialEndsAt = time("trialEndsAt")
        finish()
        return draft
    }

    private func terms() -> CatalogEdit.AgreementTerms {
        var terms = CatalogEdit.AgreementTerms()
        terms.endsAt = time("endsAt")
        terms.renewsAutomatically = flag("autoRenew")
        if has("entitlements") {
            terms.entitlements = objects("entitlements").compactMap { $0.entitlement() }
        }
        return terms
    }

    private func entitlement() -> Entitlement? {
        let dimension = requiredText("dimension")
        let value = entitlementValue("value")
        finish()
        return value.map { Entitlement(dimension: dimension, value: $0) }
    }

    /// What an agreement is amended to.
    package func amendment() -> CatalogEdit.AgreementTerms {
        let terms = terms()
        finish()
        return terms
    }

    /// What follows an agreement.
    package func succession() -> CatalogEdit.Succession {
        var succession = CatalogEdit.Succession()
        succession.terms = terms()
        succession.id = optionalText("agreementId")
        succession.licenseARN = optionalText("licenseArn")
        succession.offerID = optionalText("offerId")
        finish()
        return succession
    }

    /// When an agreement ends, now if it does not say, and by whom.
    package func cancellation() -> (at: Timestamp?, end: Agreement.End) {
        let time = time("at")
        let isTerminated = flag("terminated") ?? false
        finish()
        return (time, isTerminated ? .terminated : .cancelled)
    }

    /// Reads a new credential.
    package func credential() -> CatalogEdit.CredentialDraft {
        var draft = CatalogEdit.CredentialDraft(
            principal: object("principal")?.principal()
                ?? Principal(kind: .account, accountID: ""))
        draft.allowedOperations = choices("allow").map(Set.init)
        draft.isTemporary = flag("temporary") ?? false
        draft.expiresIn = number(.credentialLifetime)
        draft.accessKeyID = optionalText("accessKeyId")
        draft.secretAccessKey = optionalText("secretAccessKey")
        draft.sessionToken = optionalText("sessionToken")
        finish()
        return draft
    }

    private func principal() -> Principal {
        let principal = Principal(
            kind: choice("kind") ?? .account, accountID: requiredText("accountId"),
            region: optionalText("region"), resourceID: optionalText("resourceId"))
        finish()
        return principal
    }

    /// What a registration token is asked for, and for how long.
    func tokenSubject() -> (subject: CatalogEdit.TokenSubject, expiresIn: Int64?) {
        let expiresIn = number(.tokenLifetime)
        let subject: CatalogEdit.TokenSubject
        if has("agreementId") {
            if has("productCode") || has("buyerAccountId") {
                reject("agreementId", "it excludes productCode and buyerAccountId")
            }
            subject = .agreement(requiredText("agreementId"))
            _ = (optionalText("productCode"), optionalText("buyerAccountId"))
        } else {
            subject = .parties(
                productCode: requiredText("productCode"),
                buyerAccountID: requiredText("buyerAccountId"))
        }
        finish()
        return (subject, expiresIn)
    }

    /// Reads what is chosen for the whole marketplace.
    package func settings() -> MarketplaceSettings {
        let settings = MarketplaceSettings(eventDelays: choice("eventDelays") ?? .none)
        finish()
        return settings
    }

    enum ClockCommand {
        case change(MarketplaceClock.Change)
        case jump(ClockJump)
    }

    /// What is asked of the clock: a change, or a jump to a moment that has a name.
    func clockCommand() -> ClockCommand {
        guard has("jump") else {
            for subject in ["productCode", "agreementId"] where has(subject) {
                reject(subject, "only a jump has it")
                _ = optionalText(subject)
            }
            return .change(clockChange())
        }
        for other in ["mode", "now", "speed", "advance"] where has(other) {
            reject(other, "a jump excludes it")
            _ = optionalText(other)
        }
        var jump = ClockJump.nextHour
        if let name: ClockJump.Name = choice("jump") {
            switch name {
            case .monthEnd: jump = .monthEnd
            case .monthClose: jump = .monthClose
            case .nextHour: jump = .nextHour
            case .windowEdge: jump = .windowEdge(productCode: requiredText("productCode"))
            case .graceEnd: jump = .graceEnd(agreementID: requiredText("agreementId"))
            }
        }
        _ = (optionalText("productCode"), optionalText("agreementId"))
        finish()
        return .jump(jump)
    }

    /// Reads what is to become of the clock.
    package func clockChange() -> MarketplaceClock.Change {
        let advance = number(.clockAdvance)
        let now = time("now")
        let speed = number(.clockSpeed)
        var change = MarketplaceClock.Change.real
        if has("advance") {
            if has("mode") || has("now") || has("speed") {
                reject("advance", "it excludes mode, now and speed")
            }
            _ = optionalText("mode")
            change = .advance(milliseconds: advance ?? 0)
        } else if let mode: MarketplaceClock.Mode = choice("mode") {
            if mode != .running, speed != nil {
                reject("speed", "only a running clock has a speed")
            }
            switch mode {
            case .real:
                if now != nil { reject("now", "a real clock cannot be set") }
            case .frozen: change = .frozen(at: now)
            case .running:
                change = .running(
                    from: now, speedThousandths: speed ?? MarketplaceClock.realSpeed)
            }
        }
        finish()
        return change
    }
}
