/// Every bound of the AWS endpoint beyond those of HTTP and of the model.
enum EndpointLimits {
    /// Bytes of the explanation in a response header.
    static let explanationHeaderBytes = 256
    /// Bytes of an unknown operation's name that its explanation shows.
    static let shownOperationBytes = 100
    /// Times that a request is decided while products lose what its usage hangs on.
    static let decisions = 5
}
