/// Every bound of the AWS endpoint beyond those of HTTP and of the model.
enum EndpointLimits {
    /// Bytes of the explanation in a response header.
    static let explanationHeaderBytes = 256
}
