/// Every bound of what is read from requests, beyond those of the model.
package enum ReadingLimits {
    /// Records that are kept to be refused by their number; a megabyte can hold 300,000.
    static let keptRecords = 1000
    /// Unknown members of a request, and changes of values, of which the request log tells.
    static let reportedMembers = 20
    /// Lists and objects within each other, in JSON and CBOR: no text exhausts the stack.
    package static let depth = 32
    /// Bytes of the canonical request that an explanation of a wrong signature shows.
    static let shownRequestBytes = 4096
    /// Secrets of other keys that a wrong signature is compared with.
    package static let neighbouringSecrets = 32
    /// Minutes by which a signature's time may be off, either way.
    package static let skewMinutes: Int64 = 5
}
