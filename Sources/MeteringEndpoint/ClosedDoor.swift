import HTTPTypes
import MeteringAPI
import WebServer

/// What is said of a request for an operation that is not answered here: what it asked for, what
/// there is instead, and which of it is nearest.
enum ClosedDoor {
    /// A sentence for the explanation of a request that names its operation in `X-Amz-Target`, in
    /// the path of RPC v2, or as the action of the query protocol; nil where it names none.
    static func reason(_ request: PlainRequest) -> String? {
        name(request).map(reason)
    }

    /// The same for a name such as `AWSMPCommerceService_v20200301.DescribeAgreement`.
    static func reason(_ name: String) -> String {
        let asked = name.cut(toBytes: EndpointLimits.shownOperationBytes)
        let hint = nearest(to: asked).map { ": the nearest is \($0)" } ?? ""
        return "'\(asked)' is not answered here; Turnpike answers \(offered)\(hint)"
    }

    private static func name(_ request: PlainRequest) -> String? {
        if let target = request.headers[.amzTarget] { return target }
        if RPCProtocol.isUsed(by: request) {
            let parts = request.path.split(separator: "/")
            return parts.count == 4 ? "\(parts[1]).\(parts[3])" : nil
        }
        let start = "Action="
        let action = request.body.split(separator: UInt8(ascii: "&"), maxSplits: 16)
            .first { $0.starts(with: start.utf8) }
        return action.map {
            String(decoding: $0.dropFirst(start.utf8.count).prefix(100), as: UTF8.self)
        }
    }

    /// `BatchMeterUsage, … and ResolveCustomer of AWSMPMeteringService, and …`.
    private static let offered: String = {
        let services = [OperationName.metering, [.getEntitlements]].map { operations in
            let service = operations[0].target.prefix { $0 != "." }
            return operations.map(\.rawValue).joined(separator: ", ") + " of \(service)"
        }
        return services.joined(separator: ", and ")
    }()

    /// The operation whose name differs least, if it is not another word altogether.
    private static func nearest(to name: String) -> String? {
        let asked = Array((name.split(separator: ".").last ?? "").lowercased().utf8)
        let found = OperationName.allCases
            .map { ($0.rawValue, distance(asked, Array($0.rawValue.lowercased().utf8))) }
            .min { $0.1 < $1.1 }
        return found.flatMap { $0.1 * 2 <= asked.count ? $0.0 : nil }
    }

    /// How many letters must be added, removed or changed.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var corner = index
            row[0] = index + 1
            for place in right.indices {
                let changed = corner + (letter == right[place] ? 0 : 1)
                corner = row[place + 1]
                row[place + 1] = min(changed, corner + 1, row[place] + 1)
            }
        }
        return row[right.count]
    }
}
