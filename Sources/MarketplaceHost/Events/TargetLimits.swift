/// Every bound of what is sent to event targets.
package enum TargetLimits {
    /// Seconds for an attempt to deliver an event, all in all: as long as API destinations have.
    package static let seconds: Int64 = 10
    /// Seconds that a connection to an event target is kept for the next event: a target that was
    /// changed or deleted is let go of soon.
    static let idleSeconds: Int64 = 5
    /// Seconds of them until the connection is there.
    static let connectSeconds: Int64 = 5
    /// Bytes of an event target's answer that are read; a longer one loses its connection.
    static let answerBytes = 65_536
}
