package import MeteringAPI

extension CatalogEdit {
    /// What is asked for when a credential is made.
    package struct CredentialDraft: Sendable {
        package var principal: Principal
        package var allowedOperations: Set<OperationName>?
        package var isTemporary = false
        /// Seconds; 0 is never.
        package var expiresIn: Int64?
        package var accessKeyID: String?
        package var secretAccessKey: String?
        package var sessionToken: String?

        package init(principal: Principal) {
            self.principal = principal
        }
    }

    /// Random texts for what a draft leaves open.
    package struct CredentialTexts: Sendable {
        /// Sixteen capital letters and digits.
        package var accessKeyID: String
        package var secretAccessKey: String
        package var sessionToken: String
        /// Seventeen hexadecimal digits.
        package var resourceID: String

        package init(
            accessKeyID: String, secretAccessKey: String, sessionToken: String,
            resourceID: String
        ) {
            self.accessKeyID = accessKeyID
            self.secretAccessKey = secretAccessKey
            self.sessionToken = sessionToken
            self.resourceID = resourceID
        }
    }

    /// How long temporary credentials live where nothing else is said, in seconds.
    package static let credentialLifetime: Int64 = 43_200

    /// Makes a credential; `replaces` says whether one of this id may be there already.
    package mutating func addCredential(
        _ draft: CredentialDraft, texts: CredentialTexts, replaces: Bool = false
    ) throws(Contradiction) -> Credential {
        var principal = draft.principal
        var faults = ObjectionCollector()
        check(principal, &faults)
        let isTemporary =
            draft.isTemporary || draft.sessionToken != nil || principal.kind != .account
        if let seconds = draft.expiresIn {
            faults.check(seconds >= 0, "expiresIn", "a lifetime is 0 (for ever) or more seconds")
            faults.check(
                seconds <= MarketplaceLimits.credentialSeconds, "expiresIn",
                "a lifetime is at most a hundred years")
        }
        let id = draft.accessKeyID ?? (isTemporary ? "ASIA" : "AKIA") + texts.accessKeyID
        faults.check(
            AccessKeyID.isWellFormed(id), "accessKeyId",
            "an access key id has 16 to 128 letters and digits")
        faults.conflict(
            unless: replaces || catalog.credentials[id] == nil, "accessKeyId",
            "\(quoted(id)) exists already")
        faults.check(
            draft.secretAccessKey.map { !$0.isEmpty } ?? true, "secretAccessKey",
            "the secret is empty")
        faults.check(
            draft.sessionToken.map { !$0.isEmpty } ?? true, "sessionToken", "the token is empty")
        try faults.finish()
        if principal.kind != .account, principal.resourceID == nil {
            principal.resourceID = principal.kind.resourceID(texts.resourceID)
        }
        let seconds = draft.expiresIn ?? (isTemporary ? Self.credentialLifetime : 0)
        let credential = Credential(
            accessKeyID: id, secretAccessKey: draft.secretAccessKey ?? texts.secretAccessKey,
            sessionToken: isTemporary ? draft.sessionToken ?? texts.sessionToken : nil,
            expiresAt: seconds == 0 ? nil : realNow.adding(seconds: seconds),
            principal: principal,
            allowedOperations: draft.allowedOperations ?? Set(OperationName.allCases))
        put(.credential(credential))
        return credential
    }

    private func check(_ principal: Principal, _ faults: inout ObjectionCollector) {
        faults.check(
            catalog.accounts[principal.accountID] != nil, "principal.accountId",
            "there is no account \(quoted(principal.accountID)): make it first")
        guard principal.kind != .account else {
            faults.check(
                principal.region == nil, "principal.region", "an account has no region of its own")
            faults.check(
                principal.resourceID == nil, "principal.resourceId", "an account is no resource")
            return
        }
        guard let region = principal.region else {
            faults.check(false, "principal.region", "a workload runs in a region: say which")
            return
        }
        faults.check(
            (1...64).contains(region.utf8.count)
                && region.utf8.allSatisfy { isWordByte($0) && $0 &- 65 >= 26 || $0 == 45 },
            "principal.region", "\(quoted(region)) is no region such as us-east-1")
        faults.check(
            principal.resourceID.map { (1...ModelLimits.text).contains($0.utf8.count) } ?? true,
            "principal.resourceId", "a resource id has 1 to \(ModelLimits.text) characters")
    }

    /// Forgets a credential; its requests are refused from then on.
    package mutating func deleteCredential(_ id: String) throws(Contradiction) {
        guard catalog.credentials[id] != nil else {
            throw Contradiction(
                .notFound, "accessKeyId", "there is no credential \(quoted(id))")
        }
        remove(CatalogFact.Key(.credential, id))
    }
}

private func isWordByte(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || byte &- 65 < 26 || byte &- 97 < 26
}

extension PrincipalKind {
    /// A resource id of the kind's form.
    fileprivate func resourceID(_ digits: String) -> String {
        switch self {
        case .account: ""
        case .ec2Instance: "i-\(digits)"
        case .ecsTask: "task-\(digits)"
        case .eksPod: "pod-\(digits)"
        case .agentCoreRuntime: "runtime-\(digits)"
        }
    }
}
