/// Every bound of what people write, in files and bodies.
enum DocumentLimits {
    /// Values, and bytes of texts, that a YAML file's aliases may add to those of the file itself.
    static let aliases = 250_000
    /// Members up to which an object is searched from its end instead of by a table.
    static let shortObject = 16
}
