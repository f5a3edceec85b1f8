import AWSWire
import Marketplace
import MeteringAPI

extension JSONWriter {
    mutating func account(_ account: Account) {
        object { writer in
            writer.member("customerIdentifier", account.customerIdentifier)
            writer.member("id", account.id)
            writer.boolean("isSuspended", account.isSuspended)
            writer.member("name", account.name)
            writer.member("role", account.role.rawValue)
        }
    }

    mutating func product(_ product: Product) {
        object { writer in
            writer.member("code", product.code)
            writer.member("contract", product.contract)
            writer.name("dimensions")
            writer.list(product.dimensions) { $0.dimension($1) }
            writer.member("fulfillmentURL", product.fulfillmentURL)
            let earlierID = EarlierID.product(ofCode: product.code)
            writer.member("id", product.id.hasSameBytes(as: earlierID) ? nil : product.id)
            writer.member("integration", product.integration.rawValue)
            let isAtHome = product.region == Partition.aws.homeRegion
            writer.member("region", isAtHome ? nil : product.region)
            writer.member("sellerAccountID", product.sellerAccountID)
            writer.member("title", product.title)
            writer.member("type", product.type.rawValue)
        }
    }

    private mutating func dimension(_ dimension: Dimension) {
        object { writer in
            writer.member("name", dimension.name)
            writer.member("price", dimension.price)
            writer.member("type", dimension.type.rawValue)
            writer.member("unit", dimension.unit)
        }
    }

    mutating func agreement(_ agreement: Agreement) {
        object { writer in
            writer.moment("acceptedAt", agreement.acceptedAt)
            writer.member("buyerAccountID", agreement.buyerAccountID)
            writer.member("end", agreement.end?.rawValue)
            writer.moment("endsAt", agreement.endsAt)
            writer.name("entitlements")
            writer.list(agreement.entitlements) { $0.entitlement($1) }
            writer.member("id", agreement.id)
            writer.member("intent", agreement.intent.rawValue)
            writer.boolean("isFreeTrial", agreement.isFreeTrial)
            writer.member("licenseARN", agreement.licenseARN)
            writer.member("offerID", agreement.storedOfferID)
            writer.member("passed", Int64(agreement.passed.rawValue))
            writer.member("previousID", agreement.previousID)
            writer.member("productCode", agreement.productCode)
            writer.boolean("renewsAutomatically", agreement.renewsAutomatically)
            writer.member("sequence", Int64(agreement.sequence))
            writer.moment("startsAt", agreement.startsAt)
            if agreement.tellsLate { writer.boolean("tellsLate", true) }
            writer.moment("trialEndsAt", agreement.trialEndsAt)
        }
    }

    private mutating func entitlement(_ entitlement: Entitlement) {
        object { writer in
            writer.member("dimension", entitlement.dimension)
            writer.name("value")
            writer.object { writer in
                // The form that Swift makes of an enum: the case, and what it holds as `_0`.
                switch entitlement.value {
                case .boolean(let flag): writer.held("boolean") { $0.boolean("_0", flag) }
                case .double(let number):
                    writer.held("double") { writer in
                        writer.name("_0")
                        writer.literal("\(number)")
                    }
                case .integer(let number): writer.held("integer") { $0.member("_0", number) }
                case .string(let text): writer.held("string") { $0.member("_0", text) }
                }
            }
        }
    }

    private mutating func held(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
        self.name(name)
        object(write)
    }

    mutating func event(_ event: MarketplaceEvent) {
        object { writer in
            writer.name("agreement")
            writer.agreement(event.agreement)
            writer.name("buyer")
            writer.account(event.buyer)
            writer.member("id", event.id)
            writer.member("kind", event.kind.rawValue)
            writer.name("product")
            writer.product(event.product)
            writer.member("sellerName", event.sellerName)
            writer.moment("time", event.time)
        }
    }

    private mutating func moment(_ name: StaticString, _ moment: Timestamp?) {
        guard let moment else { return }
        self.name(name)
        object { $0.member("milliseconds", moment.milliseconds) }
    }
}

extension Agreement {
    /// Nothing where it is as version 0.1 made it up, and no character where it is made up now.
    fileprivate var storedOfferID: String? {
        guard let chosenOfferID else { return "" }
        let isEarlier = chosenOfferID.hasSameBytes(as: EarlierID.offer(ofAgreement: id))
        return isEarlier ? nil : chosenOfferID
    }
}
