package import HTTPTypes
package import MeteringAPI

extension NumberField {
    package static let contentLength = NumberField(
        "content-length", in: 0 ... .max, "a number of bytes is expected")
}

extension HTTPFields {
    /// A header as a number; nil where it is absent, or is no such number.
    package func number(_ field: NumberField) -> Int64? {
        first { $0.name.canonicalName == field.name }
            .flatMap { WholeNumber.read($0.value, in: field.range) }
    }
}
