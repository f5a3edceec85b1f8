/// What is no stored form, and which member of it says so.
package struct StoredFormFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
