import AWSWire
import Marketplace
import MeteringAPI

extension Account {
    init(stored value: JSONValue) throws(StoredFormFailure) {
        var (id, role, name) = (nil as String?, nil as AccountRole?, nil as String?)
        var customerIdentifier: String?
        var isSuspended: Bool?
        for member in value.members {
            switch member.key {
            case "id": id = try member.text()
            case "role": role = try member.choice()
            case "name": name = try member.text()
            case "customerIdentifier": customerIdentifier = try member.text()
            case "isSuspended": isSuspended = try member.flag()
            default: break
            }
        }
        self.init(
            id: try required(id, "id"), role: try required(role, "role"),
            name: try required(name, "name"), customerIdentifier: customerIdentifier,
            isSuspended: try required(isSuspended, "isSuspended"))
    }
}

extension Product {
    init(stored value: JSONValue) throws(StoredFormFailure) {
        var (code, title, seller) = (nil as String?, nil as String?, nil as String?)
        var (contract, fulfillmentURL) = (nil as String?, nil as String?)
        var (id, region) = (nil as String?, nil as String?)
        var type: ProductType?
        var integration: Integration?
        var dimensions: [Dimension]?
        for member in value.members {
            switch member.key {
            case "code": code = try member.text()
            case "type": type = try member.choice()
            case "title": title = try member.text()
            case "sellerAccountID": seller = try member.text()
            case "integration": integration = try member.choice()
            case "contract": contract = try member.text()
            case "fulfillmentURL": fulfillmentURL = try member.text()
            case "id": id = try member.text()
            case "region": region = try member.text()
            case "dimensions":
                var read: [Dimension] = []
                for element in try member.elements() {
                    read.append(try Dimension(stored: element))
                }
                dimensions = read
            default: break
            }
        }
        let known = try required(code, "code")
        self.init(
            code: known, id: id ?? EarlierID.product(ofCode: known),
            type: try required(type, "type"),
            title: try required(title, "title"),
            sellerAccountID: try required(seller, "sellerAccountID"),
            integration: try required(integration, "integration"), contract: contract,
            fulfillmentURL: fulfillmentURL, region: region ?? Partition.aws.homeRegion,
            dimensions: try required(dimensions, "dimensions"))
    }
}

extension Dimension {
    fileprivate init(stored value: JSONValue) throws(StoredFormFailure) {
        var name: String?
        var type: DimensionType?
        var (unit, price) = (nil as String?, nil as String?)
        for member in value.members {
            switch member.key {
            case "name": name = try member.text()
            case "type": type = try member.choice()
            case "unit": unit = try member.text()
            case "price": price = try member.text()
            default: break
            }
        }
        self.init(
            name: try required(name, "name"), type: try required(type, "type"), unit: unit,
            price: price)
    }
}

extension Agreement {
    init(stored value: JSONValue) throws(StoredFormFailure) {
        var agreement = Agreement(
            id: "", licenseARN: "", productCode: "", buyerAccountID: "",
            startsAt: Timestamp(milliseconds: 0))
        var (id, license) = (nil as String?, nil as String?)
        var (product, buyer) = (nil as String?, nil as String?)
        var offer: String?
        var (startsAt, acceptedAt) = (nil as Timestamp?, nil as Timestamp?)
        var (isFreeTrial, sequence) = (nil as Bool?, nil as Int64?)
        agreement.passed = .untold
        for member in value.members {
            switch member.key {
            case "id": id = try member.text()
            case "licenseARN": license = try member.text()
            case "productCode": product = try member.text()
            case "buyerAccountID": buyer = try member.text()
            case "acceptedAt": acceptedAt = try member.moment()
            case "startsAt": startsAt = try member.moment()
            case "endsAt": agreement.endsAt = try member.moment()
            case "end": agreement.end = try member.choice()
            case "isFreeTrial": isFreeTrial = try member.flag()
            case "trialEndsAt": agreement.trialEndsAt = try member.moment()
            case "renewsAutomatically":
                agreement.renewsAutomatically = try member.flag() ?? false
            case "entitlements":
                for element in try member.elements() {
                    agreement.entitlements.append(try Entitlement(stored: element))
                }
            case "intent": agreement.intent = try member.choice() ?? .new
            case "previousID": agreement.previousID = try member.text()
            case "passed":
                if let passed = try member.integer() {
                    agreement.passed = Milestones(rawValue: Int(passed))
                }
            case "sequence": sequence = try member.integer()
            case "offerID": offer = try member.text()
            case "tellsLate": agreement.tellsLate = try member.flag() ?? false
            default: break
            }
        }
        let name = try required(id, "id")
        agreement.id = name
        offer = offer ?? EarlierID.offer(ofAgreement: name)
        agreement.chosenOfferID = offer?.isEmpty == true ? nil : offer
        agreement.licenseARN = try required(license, "licenseARN")
        agreement.productCode = try required(product, "productCode")
        agreement.buyerAccountID = try required(buyer, "buyerAccountID")
        agreement.startsAt = try required(startsAt, "startsAt")
        agreement.isFreeTrial = try required(isFreeTrial, "isFreeTrial")
        agreement.sequence = Int(try required(sequence, "sequence"))
        // What agreements did not have from the beginning.
        agreement.acceptedAt = acceptedAt ?? agreement.startsAt
        if agreement.end == nil, agreement.endsAt != nil { agreement.end = .expired }
        self = agreement
    }
}

extension Entitlement {
    fileprivate init(stored value: JSONValue) throws(StoredFormFailure) {
        guard let dimension = value["dimension"], dimension.kind == .string,
            let held = value["value"].flatMap({ Array($0.members).first }),
            let content = held.value["_0"], let amount = Self.amount(held.key, content)
        else { throw StoredFormFailure("an entitlement is none") }
        self.init(dimension: dimension.text, value: amount)
    }

    private static func amount(_ key: JSONKey, _ content: JSONValue) -> EntitlementValue? {
        switch (key, content.kind) {
        case ("boolean", .boolean): .boolean(content.isTrue)
        case ("double", .number): WholeNumber.double(content.numberText).map { .double($0) }
        case ("integer", .number): content.wholeNumber.map { .integer($0) }
        case ("string", .string): .string(content.text)
        default: nil
        }
    }
}

extension MarketplaceEvent {
    init(stored value: JSONValue) throws(StoredFormFailure) {
        var (id, kind, time) = (nil as String?, nil as Kind?, nil as Timestamp?)
        var (agreement, product) = (nil as Agreement?, nil as Product?)
        var (buyer, sellerName) = (nil as Account?, nil as String?)
        for member in value.members {
            switch member.key {
            case "id": id = try member.text()
            case "kind": kind = try member.choice()
            case "time": time = try member.moment()
            case "agreement": agreement = try Agreement(stored: member.value)
            case "product": product = try Product(stored: member.value)
            case "buyer": buyer = try Account(stored: member.value)
            case "sellerName": sellerName = try member.text()
            default: break
            }
        }
        self.init(
            id: try required(id, "id"), kind: try required(kind, "kind"),
            time: try required(time, "time"), agreement: try required(agreement, "agreement"),
            product: try required(product, "product"), buyer: try required(buyer, "buyer"),
            sellerName: sellerName)
    }
}

extension JSONValue {
    /// The number, where it is one as it was written: nothing is cut and nothing saturated.
    fileprivate var wholeNumber: Int64? {
        kind == .number ? WholeNumber.read(numberText) : nil
    }
}

private func required<Value>(
    _ value: Value?, _ name: StaticString
) throws(StoredFormFailure) -> Value {
    guard let value else { throw StoredFormFailure("\(name) is missing") }
    return value
}

// The value of a member; nil for null, which is as good as absent.
extension JSONMember {
    fileprivate func text() throws(StoredFormFailure) -> String? {
        switch value.kind {
        case .string: value.text
        case .null: nil
        default: throw unexpected
        }
    }

    fileprivate func choice<Choice: RawRepresentable<String>>()
        throws(StoredFormFailure) -> Choice?
    {
        guard let text = try text() else { return nil }
        guard let choice = Choice(rawValue: text) else { throw unexpected }
        return choice
    }

    fileprivate func flag() throws(StoredFormFailure) -> Bool? {
        switch value.kind {
        case .boolean: value.isTrue
        case .null: nil
        default: throw unexpected
        }
    }

    fileprivate func integer() throws(StoredFormFailure) -> Int64? {
        switch value.kind {
        case .number:
            guard let number = value.wholeNumber else { throw unexpected }
            return number
        case .null: return nil
        default: throw unexpected
        }
    }

    fileprivate func moment() throws(StoredFormFailure) -> Timestamp? {
        if value.kind == .null { return nil }
        guard let milliseconds = value["milliseconds"]?.wholeNumber else { throw unexpected }
        return Timestamp(milliseconds: milliseconds)
    }

    fileprivate func elements() throws(StoredFormFailure) -> JSONElements {
        guard value.kind == .list else { throw unexpected }
        return value.elements
    }

    private var unexpected: StoredFormFailure {
        StoredFormFailure("\(name) is not what was written")
    }
}
