/// What became of one rule of the service `pricesrpc.Prices`.
package struct ConformanceFinding: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case holds
        case broken(expected: String, found: String)
        /// No rule of the service, but of what works well.
        case advised(expected: String, found: String)
        /// The methods are not implemented, which the service allows.
        case absent
        /// It cannot be found out after what was found before.
        case skipped
    }

    /// The methods that it is about.
    package let method: String
    /// What they do, in the third person.
    package let rule: String
    package let outcome: Outcome

    package var isBroken: Bool {
        if case .broken = outcome { true } else { false }
    }
}
