package import Marketplace
import MeteringAPI

extension MarketplaceEvent {
    /// An event whose agreement has an entitlement of each type.
    package static var sample: MarketplaceEvent {
        var agreement = Agreement(
            id: "agmt-1", licenseARN: "arn:l1", productCode: "prod",
            buyerAccountID: "111122223333", startsAt: .noon, endsAt: .noon.adding(hours: 2))
        agreement.entitlements = [
            Entitlement(dimension: "a", value: .integer(1)),
            Entitlement(dimension: "b", value: .double(0.5)),
            Entitlement(dimension: "c", value: .boolean(true)),
            Entitlement(dimension: "d", value: .string("\u{E9}\n")),
        ]
        return MarketplaceEvent(
            id: "event", kind: .licenseUpdated, time: .noon, agreement: agreement,
            product: Product(
                code: "prod", type: .saas, title: "P", sellerAccountID: "999988887777",
                dimensions: []),
            buyer: Account(id: "111122223333", role: .buyer, name: "B"))
    }
}
