/// Whether texts are what the model lets its members be.
package enum ModelText {
    /// Whether a text may be a product's code; the model takes an empty one too, and no product has
    /// it.
    package static func isProductCode(_ text: String) -> Bool {
        !text.isEmpty && text.utf16.count <= ModelLimits.text && Pattern.productCode.matches(text)
    }

    /// Whether a text may be the ARN of a licence.
    package static func isLicenseARN(_ text: String) -> Bool { Pattern.licenseARN.matches(text) }
}
