import AWSWire
import Documents
import Marketplace
import MarketplaceHost
import MeteringAPI

extension ControlAPI {
    func putAccount(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["accountId"]
        let account = try request.read { $0.account(id: id) }
        let isNew = state.catalog.accounts[id] == nil
        let saved = try await state.edit { edit in
            try edit.putAccount(account, madeUpIdentifier: RandomTexts.customerIdentifier)
        }
        return ControlResult(status: isNew ? 201 : 200, Answers.account, saved)
    }

    func account(_ request: ControlRequest) throws -> ControlResult {
        let account = try found(state.catalog.accounts, request, "accountId", "account")
        return ControlResult(Answers.account, account)
    }

    func accounts(_ request: ControlRequest) -> ControlResult {
        request.list(state.catalog.accounts.values, key: \.id, Answers.account)
    }

    func putProduct(_ request: ControlRequest) async throws -> ControlResult {
        let code = request["productCode"]
        let product = try request.read { $0.product(code: code) }
        let isNew = state.catalog.products[code] == nil
        let saved = try await state.put(product)
        return ControlResult(status: isNew ? 201 : 200, Answers.product, saved)
    }

    func product(_ request: ControlRequest) throws -> ControlResult {
        let product = try found(state.catalog.products, request, "productCode", "product")
        return ControlResult(Answers.product, product)
    }

    func products(_ request: ControlRequest) -> ControlResult {
        request.list(state.catalog.products.values, key: \.code, Answers.product)
    }

    func publicKeys(_ request: ControlRequest) async throws -> ControlResult {
        let product = try found(state.catalog.products, request, "productCode", "product")
        let keys = try await state.registrationKeys(of: product.code, by: forge)
        return request.list(keys, key: \.listKey, Answers.publicKey)
    }

    func addPublicKey(_ request: ControlRequest) async throws -> ControlResult {
        try request.read { $0.finish() }
        let code = request["productCode"]
        let key = try await state.addRegistrationKey(of: code, by: forge)
        return ControlResult(status: 201, Answers.publicKey, key)
    }

    func addCredential(_ request: ControlRequest) async throws -> ControlResult {
        let draft = try request.read { $0.credential() }
        let credential = try await state.edit { edit in
            try edit.addCredential(draft, texts: RandomTexts.credential)
        }
        return ControlResult(status: 201, Answers.newCredential, credential)
    }

    func credential(_ request: ControlRequest) throws -> ControlResult {
        let credential = try found(
            state.catalog.credentials, request, "accessKeyId", "credential")
        return ControlResult(Answers.credential, credential)
    }

    func credentials(_ request: ControlRequest) -> ControlResult {
        request.list(
            state.catalog.credentials.values, key: \.accessKeyID, Answers.credential)
    }

    func deleteCredential(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["accessKeyId"]
        try await state.edit { try $0.deleteCredential(id) }
        return ControlResult(Answers.empty, ())
    }

    func addAgreement(_ request: ControlRequest) async throws -> ControlResult {
        let draft = try request.read { $0.agreement() }
        let agreement = try await state.edit { edit in
            try edit.addAgreement(draft, random: RandomTexts.agreement)
        }
        return result(agreement, status: 201)
    }

    func agreement(_ request: ControlRequest) throws -> ControlResult {
        result(try found(state.catalog.agreements, request, "agreementId", "agreement"))
    }

    func agreements(_ request: ControlRequest) -> ControlResult {
        let catalog = state.catalog
        let now = catalog.now(real: state.realNow)
        return request.list(
            catalog.agreements.values, key: \.id, Answers.agreement,
            shown: { Answers.ShownAgreement($0, in: catalog, at: now) })
    }

    func cancelAgreement(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["agreementId"]
        let (time, end) = try request.read { $0.cancellation() }
        return result(try await state.edit { try $0.cancelAgreement(id, at: time, as: end) })
    }

    func amendAgreement(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["agreementId"]
        let terms = try request.read { $0.amendment() }
        return result(try await state.edit { try $0.amendAgreement(id, terms) })
    }

    func renewAgreement(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["agreementId"]
        let succession = try request.read { $0.succession() }
        let agreement = try await state.edit { edit in
            try edit.renewAgreement(id, succession, random: RandomTexts.agreement)
        }
        return result(agreement, status: 201)
    }

    func replaceAgreement(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["agreementId"]
        let succession = try request.read { $0.succession() }
        let agreement = try await state.edit { edit in
            try edit.replaceAgreement(id, succession, random: RandomTexts.agreement)
        }
        return result(agreement, status: 201)
    }

    /// Suspends a buyer's account, or takes it back.
    func setSuspension(
        _ request: ControlRequest, to isSuspended: Bool
    ) async throws -> ControlResult {
        try request.read { $0.finish() }
        let id = request["accountId"]
        let saved = try await state.edit { edit in
            guard var account = edit.catalog.accounts[id] else {
                throw Contradiction(
                    .notFound, "accountId", "there is no account '\(id.cut(toBytes: 100))'")
            }
            account.isSuspended = isSuspended
            return try edit.putAccount(account, madeUpIdentifier: "")
        }
        return ControlResult(Answers.account, saved)
    }

    private func result(_ agreement: Agreement, status: Int = 200) -> ControlResult {
        let catalog = state.catalog
        let now = catalog.now(real: state.realNow)
        return ControlResult(
            status: status, Answers.agreement,
            Answers.ShownAgreement(agreement, in: catalog, at: now))
    }

    func addRegistrationToken(_ request: ControlRequest) async throws -> ControlResult {
        let (subject, expiresIn) = try request.read { $0.tokenSubject() }
        var generator = SystemRandomNumberGenerator()
        let text = TokenText.make(using: &generator)
        let token = try await state.edit(
            lookingUp: { CatalogEdit.lookUpsForToken(at: $1) }
        ) { edit in
            try edit.addRegistrationToken(
                for: subject, expiresIn: expiresIn, digest: TokenText.digest(of: text))
        }
        let catalog = state.catalog
        let agreement = catalog.agreements[token.agreementID]
        let url = agreement.flatMap { catalog.products[$0.productCode]?.fulfillmentURL }
        let now = catalog.now(real: state.realNow)
        let form = FulfillmentForm(
            token: text, isFreeTrial: agreement?.isInFreeTrial(at: now) == true)
        return ControlResult(
            status: 201, Answers.newToken,
            Answers.Registration(text: text, token: token, form: form, url: url))
    }

    /// Makes or finds a buyer's agreement, and a token where a browser is sent on.
    func subscribe(_ request: ControlRequest) async throws -> ControlResult {
        let code = request["productCode"]
        let subscription = try request.read { reader in
            let subscription = CatalogEdit.Subscription(
                productCode: code, buyerAccountID: reader.requiredText("buyerAccountId"),
                isFreeTrial: reader.flag("freeTrial") ?? false,
                isAnother: reader.flag("another") ?? false)
            reader.finish()
            return subscription
        }
        let product = try found(state.catalog.products, request, "productCode", "product")
        let visit = try await state.visit(subscription)
        let catalog = state.catalog
        let now = catalog.now(real: state.realNow)
        let registration = visit.registration.map {
            Answers.Registration(
                text: $0.text, token: $0.token, form: $0.form, url: product.fulfillmentURL)
        }
        return ControlResult(
            status: visit.isNew ? 201 : 200, Answers.subscription,
            Answers.Subscription(
                agreement: Answers.ShownAgreement(visit.agreement, in: catalog, at: now),
                isNew: visit.isNew, registration: registration))
    }

    func registrationToken(_ request: ControlRequest) async throws -> ControlResult {
        let key = CatalogFact.Key(.registrationToken, request["tokenId"])
        guard case .registrationToken(let token)? = try await state.store.facts(.key(key)).first
        else { throw missing(request, "tokenId", "registration token") }
        return ControlResult(Answers.token, token)
    }

    func registrationTokens(_ request: ControlRequest) async throws -> ControlResult {
        try await request.list(.registrationToken, in: state.store, Answers.token) { fact in
            if case .registrationToken(let token) = fact { token } else { nil }
        }
    }

    /// What the path names, or the problem that it does not exist.
    func found<Item>(
        _ items: FactTable<Item>, _ request: ControlRequest, _ parameter: String, _ kind: String
    ) throws(Contradiction) -> Item {
        guard let item = items[request[parameter]] else {
            throw missing(request, parameter, kind)
        }
        return item
    }

    private func missing(
        _ request: ControlRequest, _ parameter: String, _ kind: String
    ) -> Contradiction {
        Contradiction(
            .notFound, parameter, "there is no \(kind) '\(request[parameter].cut(toBytes: 100))'")
    }
}

extension RegistrationKey {
    /// Versions sort as numbers where they are padded.
    fileprivate var listKey: String {
        let digits = String(version)
        return String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    }
}
