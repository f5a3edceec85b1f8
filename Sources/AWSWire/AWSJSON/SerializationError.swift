import MeteringAPI

/// A value of the wrong JSON type, with the text of AWS's framework.
package struct SerializationError: Error, Hashable {
    /// AWS's text.
    package let message: String
    /// Where the value stands, for the explanation: `UsageRecords[2].Quantity`.
    package let path: String
}

/// What a request said, and what a developer would want to know about how it was read.
package struct Decoded<Request: Sendable>: Sendable {
    package var request: Request
    /// Members that the contract's model does not know, by their path; at most twenty.
    package var ignoredMembers: [String] = []
    /// How values were changed on their way in, as sentences; at most twenty.
    package var notes: [String] = []
}
