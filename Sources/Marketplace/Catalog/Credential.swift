package import MeteringAPI

/// An access key: its secret, whom it stands for, and what its policy allows.
package struct Credential: Sendable, Hashable, Codable {
    package var accessKeyID: String
    package var secretAccessKey: String
    /// What temporary credentials carry besides; requests must send it.
    package var sessionToken: String?
    /// When it stops working, on the real clock: a jump of the marketplace's must not end it.
    package var expiresAt: Timestamp?
    package var principal: Principal
    package var allowedOperations: Set<OperationName>

    package init(
        accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil,
        expiresAt: Timestamp? = nil, principal: Principal,
        allowedOperations: Set<OperationName> = Set(OperationName.allCases)
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAt = expiresAt
        self.principal = principal
        self.allowedOperations = allowedOperations
    }

    /// Whoever signs with it.
    ///
    /// One that may do all of metering was made for everything, also where that was before there
    /// were entitlements.
    package var caller: Caller {
        Caller(
            accessKeyID: accessKeyID, principal: principal,
            allowedOperations: allowedOperations.isSuperset(of: OperationName.metering)
                ? Set(OperationName.allCases) : allowedOperations)
    }
}
