/// Every bound of the control API's lists and streams.
enum ControlLimits {
    /// Seconds after which a stream without events says that it lives: proxies close what is idle
    /// for a minute, and a client that has left is noticed by it.
    static let heartBeatSeconds: Int64 = 15
    /// Bytes of a part of a list, with which it ends although more items were asked for; the item
    /// that goes beyond is the last.
    static let pageBytes = 4 * 1_048_576
    /// Bytes of a piece in which a longer answer is sent: a client holds no more than one.
    static let pieceBytes = 65_536
}
