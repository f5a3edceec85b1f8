import Documents

/// A story that a marketplace lives through while a seller's service runs, and what usage it should
/// leave behind.
struct Scenario {
    let name: String
    let title: String
    /// The jump to where it begins.
    let start: String
    let steps: [Step]
    let expectations: [Expectation]

    /// Something that happens; `line` is where the file says so.
    struct Step {
        let line: Int?
        let action: Action
    }

    enum Action {
        case say(String)
        /// An account that is made, or changed.
        case account(StructuredValue)
        /// An agreement that is made, and what the scenario calls it.
        case agreement(alias: String, StructuredValue)
        /// Something that an agreement undergoes: cancel, amend, renew or replace. What it is
        /// followed by may get a name of its own.
        case change(verb: String, alias: String, successor: String?, StructuredValue)
        case suspend(account: String)
        case resume(account: String)
        /// So many hours pass, one by one, with time for the service after each.
        case hours(Int64)
        case advance(Int64)
        case jump(name: String, subject: String?)
        /// A fault plan from now on; nothing fails any more with an empty list.
        case faults(StructuredValue)
        /// Real seconds for the service.
        case wait(Int64)
    }

    /// Usage that should be there afterwards: one record an hour.
    struct Expectation {
        let agreement: String
        let dimension: String
        /// Seconds since the scenario's start.
        let from: Int64
        let to: Int64
        /// Any, when nil.
        let quantity: String?
    }
}
