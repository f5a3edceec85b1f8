package import MeteringAPI

/// A version of the key pair that signs a product's answers to RegisterUsage.
package struct RegistrationKey: Sendable, Hashable, Codable {
    package var productCode: String
    /// From 1.
    package var version: Int
    /// PKCS #8 PEM; nil until it is first used, because making a key takes long.
    package var privateKeyPEM: String?
    /// SubjectPublicKeyInfo PEM, beside the private key.
    package var publicKeyPEM: String?
    /// When a newer version took its place; it still signs.
    package var supersededAt: Timestamp?

    package init(
        productCode: String, version: Int, privateKeyPEM: String? = nil,
        publicKeyPEM: String? = nil, supersededAt: Timestamp? = nil
    ) {
        self.productCode = productCode
        self.version = version
        self.privateKeyPEM = privateKeyPEM
        self.publicKeyPEM = publicKeyPEM
        self.supersededAt = supersededAt
    }
}
