/// What becomes of a request that wants to be paid for by a bundle.
package enum Admission: Hashable, Sendable {
    /// The number of what was reserved.
    case admitted(Int64)
    /// Nothing was sold for this token.
    case unknown
    /// What was sold for it is for another service.
    case elsewhere
    /// It may cost more than the whole bundle.
    case tooLarge
    /// Nothing is left.
    case exhausted
    /// What is left is reserved for requests that are under way.
    case busy
}
