import Marketplace
package import MarketplaceHost

/// A marketplace to begin with: a product of each type, two buyers, and keys that everyone knows.
///
/// The keys are printed in the documentation, so a server with them binds to loopback only.
package enum Demo {
    /// A credential with the name that `turnpike env` takes.
    package struct NamedCredential: Sendable {
        package let name: String
        package let accessKeyID: String
        package let secretAccessKey: String
        package let sessionToken: String?
        /// The region that its requests should be signed for.
        package let region = "us-east-1"
        /// The principal, in the seed file's words.
        fileprivate let principal: String

        fileprivate init(_ name: String, workload kind: String, resource: String) {
            let word = String(kind.uppercased().prefix(8))
            self.name = name
            accessKeyID = "ASIADEMO" + word + String(repeating: "0", count: 12 - word.count)
            secretAccessKey = "demo-secret-of-the-\(name)"
            sessionToken = "demo-session-token-of-the-\(name)"
            principal =
                "{kind: \(kind), accountId: \"\(Demo.buyerAccountID)\", region: \(region), "
                + "resourceId: \(resource)}"
        }

        fileprivate init(_ name: String, account: String) {
            let word = name.uppercased()
            self.name = name
            accessKeyID = "AKIADEMO" + word + String(repeating: "0", count: 12 - word.count)
            secretAccessKey = "demo-secret-of-the-\(name)"
            sessionToken = nil
            principal = "{kind: account, accountId: \"\(account)\"}"
        }
    }

    /// The account that published the demo's products.
    package static let seller = NamedCredential("seller", account: sellerAccountID)

    /// A credential for the seller and for a workload of each kind.
    package static let credentials: [NamedCredential] = [
        seller,
        NamedCredential("ec2-instance", workload: "ec2Instance", resource: "i-0de00000000000001"),
        NamedCredential("ecs-task", workload: "ecsTask", resource: "task-demo"),
        NamedCredential("eks-pod", workload: "eksPod", resource: "pod-demo"),
        NamedCredential("agentcore-runtime", workload: "agentCoreRuntime", resource: "agent-demo"),
    ]

    private static let sellerAccountID = "111122223333"
    /// The buyer that the workloads belong to.
    package static let buyerAccountID = "222233334444"
    /// The SaaS product with concurrent agreements.
    package static let productCode = "demosaasconcurrent0000001"
    package static let dimension = "requests"
    /// A registration token of the first buyer for that product, good for four hours from the
    /// server's start.
    package static let registrationToken = "demo+token/of+Globex/4u8n2k=="

    /// An agreement that everyone begins with.
    private struct SeededAgreement {
        let id: String
        /// How version 0.1 called it; a data file that has it keeps it.
        let earlierID: String
        let productCode: String
        let buyerAccountID: String

        init(_ product: String, _ buyer: String, _ productCode: String, _ buyerAccountID: String) {
            let name = "demo\(product)\(buyer)"
            id = "agmt-" + name + String(repeating: "0", count: 24 - name.utf8.count) + "1"
            earlierID = "agmt-demo-\(product)-\(buyer)"
            self.productCode = productCode
            self.buyerAccountID = buyerAccountID
        }

        func id(in catalog: Catalog) -> String {
            catalog.agreements[earlierID] == nil ? id : earlierID
        }
    }

    private static func seed(for catalog: Catalog) -> String {
        """
        accounts:
          - {accountId: "\(sellerAccountID)", role: seller, name: Acme Software}
          - {accountId: "\(buyerAccountID)", role: buyer, name: Globex,
             customerIdentifier: demoGlobex1}
          - {accountId: "333344445555", role: buyer, name: Initech,
             customerIdentifier: demoInitech}
        products:
          - productCode: \(productCode)
            type: saas
            title: Acme Observability
            sellerAccountId: "\(sellerAccountID)"
            fulfillmentURL: http://localhost:3000/register
            dimensions:
              - {name: requests, unit: Requests, price: "0.002"}
              - {name: users, unit: Users, price: "5"}
              - {name: seats, type: entitled, unit: Users, price: "60"}
          - productCode: demosaaslegacy00000000001
            type: saas
            title: Acme Mail
            sellerAccountId: "\(sellerAccountID)"
            integration: customerIdentifier
            fulfillmentURL: http://localhost:3000/register
            dimensions: [{name: messages, unit: Messages, price: "0.0001"}]
          - productCode: demoami000000000000000001
            type: ami
            title: Acme Database
            sellerAccountId: "\(sellerAccountID)"
            dimensions: [{name: queries, unit: Queries, price: "0.00001"}]
          - productCode: democontainer000000000001
            type: container
            title: Acme Gateway
            sellerAccountId: "\(sellerAccountID)"
            dimensions: [{name: nodes, unit: Nodes, price: "0.1"}]
          - productCode: demoagentcore000000000001
            type: agentCore
            title: Acme Agent
            sellerAccountId: "\(sellerAccountID)"
            dimensions: [{name: invocations, unit: Invocations, price: "0.01"}]
        agreements:
        \(agreements.map { line($0, catalog) }.joined(separator: "\n"))
        credentials:
        \(credentials.map(line).joined(separator: "\n"))
        """
    }

    private static let agreements = [
        SeededAgreement("saas", "globex", productCode, buyerAccountID),
        SeededAgreement("saas", "initech", productCode, "333344445555"),
        SeededAgreement("legacy", "globex", "demosaaslegacy00000000001", buyerAccountID),
        SeededAgreement("ami", "globex", "demoami000000000000000001", buyerAccountID),
        SeededAgreement("container", "globex", "democontainer000000000001", buyerAccountID),
        SeededAgreement("agentcore", "globex", "demoagentcore000000000001", buyerAccountID),
    ]

    private static func line(_ agreement: SeededAgreement, _ catalog: Catalog) -> String {
        "  - {agreementId: \(agreement.id(in: catalog)), "
            + "productCode: \(agreement.productCode), "
            + "buyerAccountId: \"\(agreement.buyerAccountID)\", "
            + "startsAt: \"2026-01-01T00:00:00Z\"}"
    }

    private static func line(_ credential: NamedCredential) -> String {
        let token = credential.sessionToken.map { ", sessionToken: \($0)" } ?? ""
        return "  - {accessKeyId: \(credential.accessKeyID), secretAccessKey: "
            + "\(credential.secretAccessKey)\(token), expiresIn: 0, "
            + "principal: \(credential.principal)}"
    }

    /// Adds what the marketplace does not have of the demo; what it has may have been changed.
    package static func apply(to state: MarketplaceState) async throws {
        let seed = seed(for: state.catalog)
        try await SeedFile.read(seed, name: "the demo").apply(to: state, keepingWhatIsThere: true)
        _ = try await state.edit(lookingUp: { CatalogEdit.lookUpsForToken(at: $1) }) { edit in
            try edit.addRegistrationToken(
                for: .agreement(agreements[0].id(in: edit.catalog)), expiresIn: nil,
                digest: TokenText.digest(of: registrationToken))
        }
    }

    /// Takes back the keys that everyone knows, which a data file holds once it served a demo.
    package static func withdraw(from state: MarketplaceState) async throws {
        let token = CatalogFact.Key(
            .registrationToken, TokenText.digest(of: registrationToken))
        _ = try await state.edit(lookingUp: { _, _ in [.key(token)] }) { edit in
            for credential in credentials
            where edit.catalog.credentials[credential.accessKeyID] != nil {
                try edit.deleteCredential(credential.accessKeyID)
            }
            if edit.catalog.registrationTokens[token.id] != nil { edit.remove(token) }
        }
    }
}
