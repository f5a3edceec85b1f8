/// What the buyer's browser posts to the seller's registration page.
package struct FulfillmentForm: Sendable, Hashable {
    /// The fields in their order.
    package let fields: [Field]

    /// A field of the form, as the browser posts it.
    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package init(token: String, isFreeTrial: Bool) {
        var fields = [Field(name: "x-amzn-marketplace-token", value: token)]
        if isFreeTrial {
            fields.append(Field(name: "x-amzn-marketplace-offer-type", value: "free-trial"))
        }
        self.fields = fields
    }
}
