extension Contract {
    /// The contract that a product's requests are read and decided under.
    package static func governing(_ product: Product?, default contract: Contract) -> Contract {
        product?.contract.flatMap(named) ?? contract
    }
}
