/// Every bound of the pages for buyers.
enum BuyerPageLimits {
    /// Products in the list, and buyers to choose from; more would make no page.
    static let shown = 200
}
