/// How late the seller is told of what happens to an agreement.
package enum EventDelays: String, Sendable, Codable, CaseIterable {
    /// At the moment at which it happens.
    case none
    /// As late as in a recording of AWS's events of August 2026.
    case realistic

    /// From the acceptance to Purchase Agreement Created, in seconds of the marketplace's clock.
    static let created: Int64 = 11
    /// From the acceptance, or the start where that is later, to License Updated.
    static let licensed: Int64 = 72
    /// From the end to License Deprovisioned.
    static let deprovisioned: Int64 = 31
}
