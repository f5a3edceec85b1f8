package import MeteringAPI

/// What a buyer's browser carries to the seller: it stands for one agreement, for four hours.
///
/// The token itself is a bearer secret and is not kept; this is found by its hash.
package struct RegistrationToken: Sendable, Hashable, Codable {
    /// SHA-256 of the token's text, as lower-case hexadecimal digits.
    package var digest: String
    package var agreementID: String
    /// On the marketplace's clock.
    package var expiresAt: Timestamp

    /// How long a token lives where nothing else is said, in seconds.
    package static let lifetime: Int64 = 4 * 3600

    package init(digest: String, agreementID: String, expiresAt: Timestamp) {
        self.digest = digest
        self.agreementID = agreementID
        self.expiresAt = expiresAt
    }
}
