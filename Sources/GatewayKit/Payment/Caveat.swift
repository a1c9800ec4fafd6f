/// A restriction that a credential carries: `condition=value`.
public struct Caveat: Hashable, Sendable {
    public let condition: String
    /// Empty when the caveat has no `=`.
    public let value: String

    public init(condition: String, value: String) {
        self.condition = condition
        self.value = value
    }

    /// Splits at the first `=`, as L402 does (macaroon-spec, "Caveats").
    public init(parsing text: String) {
        // By bytes: a combining mark behind the `=` would make another character of it.
        if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
            condition = String(text[..<equals])
            value = String(text[text.utf8.index(after: equals)...])
        } else {
            condition = text
            value = ""
        }
    }
}

extension Caveat: CustomStringConvertible {
    public var description: String { "\(condition)=\(value)" }
}

/// Understands one kind of caveat.
///
/// Its answers depend on its arguments and on nothing else, hostile values included: no trap, no state, no clock of its
/// own. All are called on the exchange's event loop, for every request that carries such a caveat.
public protocol CaveatVerifier: Sendable {
    /// The condition that it understands.
    var condition: String { get }

    /// How much of the request's body it asks about in expressions: the stage has it read before it asks about such a
    /// caveat, and a longer one is answered 413. By default `nil`: it asks about the head alone.
    var bodyLimit: ByteCount? { get }

    /// True when the caveat is this verifier's. By default: when it has exactly this condition.
    func covers(_ caveat: Caveat, of exchange: Exchange) -> Bool

    /// True when the request is one that the caveat permits.
    func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool

    /// True when `later` permits nothing that `earlier` does not: a holder may only narrow what was sold.
    func narrows(_ earlier: Caveat, to later: Caveat) -> Bool

    /// What a client is told when `allows` says no.
    func rejection(of caveat: Caveat) -> Rejection

    /// Whether a caveat that a scheme sells can hold where this verifier stands; `nil` when it is not this verifier's.
    /// Only `check` asks. By default what has exactly this condition is enforced.
    func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict?
}

extension CaveatVerifier {
    public var bodyLimit: ByteCount? { nil }

    public func covers(_ caveat: Caveat, of exchange: Exchange) -> Bool {
        caveat.condition == condition
    }

    public func rejection(of caveat: Caveat) -> Rejection {
        Rejection(.caveat, "the credential's caveat '\(caveat.condition)' does not permit this request")
    }

    public func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        sold.condition == condition ? .enforced : nil
    }
}
