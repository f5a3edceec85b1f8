import ControlAPI
import Documents
import Marketplace
package import MarketplaceHost
import MeteringAPI

/// A marketplace written down in YAML: settings, accounts, products, event targets, agreements,
/// credentials, a clock.
///
/// It is applied at every start, in that order and all at once; applying it again changes nothing
/// that clients hold on to. A mistake is named by its line, and then nothing is applied.
package struct SeedFile: Sendable {
    private let name: String
    private let root: StructuredValue

    /// Reads a seed file's text; the name is for messages.
    package static func read(_ text: String, name: String) throws(StartFailure) -> SeedFile {
        do throws(DocumentFailure) {
            return SeedFile(name: name, root: try StructuredValue(yaml: text, name: name))
        } catch {
            throw StartFailure(error.description)
        }
    }

    /// Applies the file in one edit; accounts and products that exist can be left as they are.
    package func apply(
        to state: MarketplaceState, keepingWhatIsThere: Bool = false
    ) async throws {
        let codes = productCodes
        let plan = try await state.editAndArrive(lookingUp: { catalog, _ in
            codes.map { .owned(.signingKey, by: $0) }
        }) { try apply(to: &$0, keepingWhatIsThere) }
        if let plan { state.faults.set(plan) }
    }

    /// The codes of the products of the file, as far as they can be read.
    private var productCodes: [String] {
        ObjectReader(root, objections: Objections()).objects("products", required: false)
            .compactMap { $0.optionalText("productCode") }
    }

    /// Applies what the marketplace keeps, and gives the fault plan, which it does not.
    private func apply(
        to edit: inout CatalogEdit, _ keepingWhatIsThere: Bool
    ) throws(StartFailure) -> FaultPlan? {
        let objections = Objections()
        let reader = ObjectReader(root, objections: objections)
        let accounts = reader.objects("accounts", required: false).map { element in
            (element, element.account(id: element.requiredText("accountId")))
        }
        let products = reader.objects("products", required: false).map { element in
            (element, element.product(code: element.requiredText("productCode")))
        }
        let agreements = reader.objects("agreements", required: false).map { element in
            _ = element.requiredText("agreementId")
            return (element, element.agreement())
        }
        let credentials = reader.objects("credentials", required: false).map { element in
            _ = element.requiredText("accessKeyId")
            return (element, element.credential())
        }
        let targets = reader.objects("eventTargets", required: false).map { element in
            (element, element.eventTarget(id: element.requiredText("targetId")))
        }
        let clock = reader.has("clock") ? reader.object("clock") : nil
        let change = clock?.clockChange()
        let settings = reader.has("settings") ? reader.object("settings")?.settings() : nil
        let plan = reader.has("faults") ? reader.object("faults")?.faultPlan() : nil
        reader.finish()
        try report(objections)
        if let settings, settings != edit.catalog.settings { edit.put(.settings(settings)) }
        for (element, account) in accounts
        where !keepingWhatIsThere || edit.catalog.accounts[account.id] == nil {
            try run(element) { () throws(Contradiction) in
                _ = try edit.putAccount(
                    account, madeUpIdentifier: RandomTexts.customerIdentifier)
            }
        }
        for (element, product) in products
        where !keepingWhatIsThere || edit.catalog.products[product.code] == nil {
            try run(element) { () throws(Contradiction) in
                _ = try edit.putProduct(product)
            }
        }
        for (element, target) in targets {
            try run(element) { () throws(Contradiction) in _ = try edit.putEventTarget(target) }
        }
        for (element, draft) in agreements {
            try run(element) { () throws(Contradiction) in try edit.seed(draft) }
        }
        for (element, draft) in credentials {
            try run(element) { () throws(Contradiction) in
                try edit.seed(draft, keepingWhatIsThere)
            }
        }
        if let clock, let change {
            try run(clock) { () throws(Contradiction) in try edit.seed(change) }
        }
        return plan
    }

    private func run(
        _ element: ObjectReader, _ command: () throws(Contradiction) -> Void
    ) throws(StartFailure) {
        do throws(Contradiction) {
            try command()
        } catch {
            let objections = Objections()
            for objection in error.objections {
                objections.add(
                    element.field(objection.field), objection.reason,
                    line: element.line(at: objection.field))
            }
            try report(objections)
        }
    }

    private func report(_ objections: Objections) throws(StartFailure) {
        do throws(DocumentFailure) {
            try objections.report(name: name)
        } catch {
            throw StartFailure(error.description)
        }
    }
}

extension CatalogEdit {
    /// Makes an agreement unless it is there; its times are not changed again, because the control
    /// API may have cancelled it since.
    fileprivate mutating func seed(_ draft: AgreementDraft) throws(Contradiction) {
        guard let known = draft.id.flatMap({ catalog.agreements[$0] }) else {
            _ = try addAgreement(draft, random: RandomTexts.agreement)
            return
        }
        let isSame =
            known.productCode.hasSameBytes(as: draft.productCode)
            && known.buyerAccountID.hasSameBytes(as: draft.buyerAccountID)
            && known.licenseARN.hasSameBytes(as: draft.licenseARN ?? known.licenseARN)
        guard isSame else {
            throw Contradiction(
                .conflict, "agreementId",
                "the data file has it with another product, buyer or licence")
        }
    }

    /// Makes or renews a credential; what the draft leaves open stays as it is.
    fileprivate mutating func seed(
        _ draft: CredentialDraft, _ keepingWhatIsThere: Bool
    ) throws(Contradiction) {
        var texts = RandomTexts.credential
        var draft = draft
        if let known = draft.accessKeyID.flatMap({ catalog.credentials[$0] }) {
            texts.secretAccessKey = known.secretAccessKey
            texts.sessionToken = known.sessionToken ?? texts.sessionToken
            if keepingWhatIsThere || draft.principal.resourceID == nil {
                draft.principal.resourceID = known.principal.resourceID
            }
        }
        _ = try addCredential(draft, texts: texts, replaces: true)
    }

    /// Sets the clock, unless the marketplace's time is already later.
    fileprivate mutating func seed(_ change: MarketplaceClock.Change) throws(Contradiction) {
        switch change {
        case .real: if catalog.clock.mode != .real { return }
        case .frozen(let time?), .running(let time?, _): if time < now { return }
        case .advance:
            throw Contradiction(
                .invalid, "advance", "a seed file sets mode and now, it does not advance")
        case .frozen(nil), .running(nil, _): if catalog.clock.mode != .real { return }
        }
        _ = try changeClock(change)
    }
}
