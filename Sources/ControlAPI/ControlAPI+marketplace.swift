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
        return ControlResult(status: isNew ? 201 : 200) { $0.account(saved) }
    }

    func account(_ request: ControlRequest) throws -> ControlResult {
        let account = try found(state.catalog.accounts, request, "accountId", "account")
        return ControlResult { $0.account(account) }
    }

    func accounts(_ request: ControlRequest) -> ControlResult {
        request.list(Array(state.catalog.accounts.values), key: \.id) { $0.account($1) }
    }

    func putProduct(_ request: ControlRequest) async throws -> ControlResult {
        let code = request["productCode"]
        let product = try request.read { $0.product(code: code) }
        let isNew = state.catalog.products[code] == nil
        let saved = try await state.put(product)
        return ControlResult(status: isNew ? 201 : 200) { $0.product(saved) }
    }

    func product(_ request: ControlRequest) throws -> ControlResult {
        let product = try found(state.catalog.products, request, "productCode", "product")
        return ControlResult { $0.product(product) }
    }

    func products(_ request: ControlRequest) -> ControlResult {
        request.list(Array(state.catalog.products.values), key: \.code) { $0.product($1) }
    }

    func publicKeys(_ request: ControlRequest) async throws -> ControlResult {
        let product = try found(state.catalog.products, request, "productCode", "product")
        let keys = try await state.registrationKeys(of: product.code, by: forge)
        return request.list(keys, key: \.listKey) { $0.publicKey($1) }
    }

    func addPublicKey(_ request: ControlRequest) async throws -> ControlResult {
        try request.read { $0.finish() }
        let code = request["productCode"]
        let key = try await state.addRegistrationKey(of: code, by: forge)
        return ControlResult(status: 201) { $0.publicKey(key) }
    }

    func addCredential(_ request: ControlRequest) async throws -> ControlResult {
        let draft = try request.read { $0.credential() }
        let credential = try await state.edit { edit in
            try edit.addCredential(draft, texts: RandomTexts.credential)
        }
        return ControlResult(status: 201) { $0.credential(credential, showsSecrets: true) }
    }

    func credential(_ request: ControlRequest) throws -> ControlResult {
        let credential = try found(
            state.catalog.credentials, request, "accessKeyId", "credential")
        return ControlResult { $0.credential(credential, showsSecrets: false) }
    }

    func credentials(_ request: ControlRequest) -> ControlResult {
        request.list(Array(state.catalog.credentials.values), key: \.accessKeyID) {
            $0.credential($1, showsSecrets: false)
        }
    }

    func deleteCredential(_ request: ControlRequest) async throws -> ControlResult {
        let id = request["accessKeyId"]
        try await state.edit { try $0.deleteCredential(id) }
        return ControlResult { _ in }
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
        return request.list(Array(catalog.agreements.values), key: \.id) { writer, agreement in
            writer.agreement(
                agreement, of: catalog.accounts[agreement.buyerAccountID], at: now)
        }
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
        return ControlResult { $0.account(saved) }
    }

    private func result(_ agreement: Agreement, status: Int = 200) -> ControlResult {
        let catalog = state.catalog
        let now = catalog.now(real: state.realNow)
        return ControlResult(status: status) { writer in
            writer.agreement(
                agreement, of: catalog.accounts[agreement.buyerAccountID], at: now)
        }
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
        return ControlResult(status: 201) { $0.registration(text, token, form, to: url) }
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
        return ControlResult(status: visit.isNew ? 201 : 200) { writer in
            writer.name("agreement")
            writer.object {
                $0.agreement(
                    visit.agreement, of: catalog.accounts[subscription.buyerAccountID], at: now)
            }
            writer.boolean("new", visit.isNew)
            guard let registration = visit.registration else { return }
            writer.name("registration")
            writer.object {
                $0.registration(
                    registration.text, registration.token, registration.form,
                    to: product.fulfillmentURL)
            }
        }
    }

    func registrationToken(_ request: ControlRequest) async throws -> ControlResult {
        let key = CatalogFact.Key(.registrationToken, request["tokenId"])
        guard case .registrationToken(let token)? = try await state.store.facts(.key(key)).first
        else { throw missing(request, "tokenId", "registration token") }
        return ControlResult { $0.registrationToken(token) }
    }

    func registrationTokens(_ request: ControlRequest) async throws -> ControlResult {
        try await request.list(.registrationToken, in: state.store) { writer, fact in
            if case .registrationToken(let token) = fact { writer.registrationToken(token) }
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
