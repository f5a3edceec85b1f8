package import MeteringAPI

/// What a rule decides on, besides the request: nothing else, so that every decision can be
/// repeated and explained.
package struct RuleContext: Sendable {
    package var catalog: Catalog
    package var caller: Caller
    /// The region of the request's credential scope, which stands for the endpoint's.
    package var region: String
    /// The marketplace's time.
    package var now: Timestamp
    package var contract: Contract
    package var alignment: WindowAlignment

    package init(
        catalog: Catalog, caller: Caller, region: String, now: Timestamp, contract: Contract,
        alignment: WindowAlignment = .raw
    ) {
        self.catalog = catalog
        self.caller = caller
        self.region = region
        self.now = now
        self.contract = contract
        self.alignment = alignment
    }

    /// Refuses a caller whose policy does not allow the operation.
    ///
    /// An endpoint asks before it looks at the request's types; every rule asks again, so that none
    /// is right only behind an endpoint.
    package func permit(_ operation: OperationName) throws(Refusal) {
        guard caller.allowedOperations.contains(operation) else {
            throw Refusal(
                .accessDenied(caller.principal, operation), rule: .permission,
                reason: "the credential \(caller.accessKeyID) does not allow \(operation.rawValue)")
        }
    }

    /// Refuses an operation that AWS does not offer in the request's region.
    func requireOffer(of operation: OperationName) throws(Refusal) {
        guard Regions.offer(operation, in: region, to: caller.principal.kind) else {
            throw Refusal(
                .disabledAPI, .regionAvailability,
                "AWS does not offer \(operation.rawValue) in \(region) to "
                    + "\(caller.principal.kind.rawValue) callers")
        }
    }

    func require(
        _ timestamp: Timestamp, in window: ReportingWindow, at index: Int?
    ) throws(Refusal) {
        guard let rejection = window.rejection(of: timestamp, at: now, alignment: alignment)
        else { return }
        throw Refusal(
            .timestampOutOfBounds, .reportingWindow,
            rejection.reason(timestamp, window, self), at: index)
    }

    func requireMetered(
        _ dimension: String, of product: Product, at index: Int?
    ) throws(Refusal) {
        var start = 0
        try requireMetered(dimension, of: product, from: &start, at: index)
    }

    /// Looks first at a position among the product's dimensions, which then is the one after the
    /// dimension's: most requests name dimensions in their order.
    func requireMetered(
        _ dimension: String, of product: Product, from position: inout Int, at index: Int?
    ) throws(Refusal) {
        guard let found = product.position(ofDimension: dimension, near: position) else {
            throw Refusal(
                .invalidUsageDimension, .dimension,
                "the product has no dimension \(quoted(dimension)); it has "
                    + listed(product.dimensions.map(\.name)),
                at: index)
        }
        position = found + 1
        guard product.dimensions[found].type == .metered else {
            throw Refusal(
                .invalidUsageDimension, .dimension,
                "the dimension \(quoted(dimension)) is bought in advance, not metered", at: index)
        }
    }
}

extension ReportingWindow.Rejection {
    fileprivate func reason(
        _ timestamp: Timestamp, _ window: ReportingWindow, _ context: RuleContext
    ) -> String {
        let clock = "the marketplace's clock says \(context.now.iso8601)"
        switch self {
        case .looksLikeMilliseconds:
            return "\(timestamp.seconds) looks like milliseconds; AWS reads seconds"
        case .tooEarly:
            return "\(timestamp.iso8601) lies more than 5 minutes ahead; \(clock)"
        case .tooOld:
            let limit = window.includesLimit ? "up to" : "less than"
            let rest = context.alignment == .hour ? ", and the hour in which that begins" : ""
            return
                "\(timestamp.iso8601) is too old: contract \(context.contract.name) accepts what "
                + "is \(limit) \(window.hours) h old\(rest); \(clock)"
        case .monthClosed:
            return "\(timestamp.iso8601) is in a month that closed at 06:00 UTC on the 1st "
                + "(contract \(context.contract.name)); \(clock)"
        }
    }
}

/// A value in quotation marks, cut where a client sent a long one.
func quoted(_ value: String) -> String {
    value.utf8.count <= 80 ? "'\(value)'" : "'\(value.cut(toBytes: 60))…'"
}

/// Names with commas, cut where there are many.
func listed(_ names: [String]) -> String {
    let shown = names.prefix(8).map { quoted($0) }.joined(separator: ", ")
    return names.isEmpty ? "none" : names.count > 8 ? shown + ", …" : shown
}
