/// Why the body of a request was not read.
package enum BodyRefusal: Sendable, Hashable {
    /// It is over the limit.
    case tooLarge
    /// The bodies of other requests take all the room.
    case noRoom
}
