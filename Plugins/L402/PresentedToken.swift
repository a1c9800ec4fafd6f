package import GatewayKit

/// A token as somebody has it: offered, or bought.
package struct PresentedToken: Hashable, Sendable {
    /// Whether it comes with the preimage of its payment.
    package enum Proof: String, Hashable, Sendable {
        case missing, right, wrong
    }

    /// Too long, or one caveat too many: a gateway would not read it.
    package struct TooManyCaveats: Error {}

    package private(set) var macaroon: Macaroon
    /// `nil` where it is not shown, and where a caveat carries it.
    package let preimage: Preimage?

    package init(_ macaroon: Macaroon, preimage: Preimage? = nil) {
        self.macaroon = macaroon
        self.preimage = preimage
    }

    /// Reads every form in which clients carry tokens: the value of `Authorization` with the scheme or without, a
    /// macaroon in base64 alone, and one in hexadecimal digits (lnd's clients).
    package init(parsing text: some StringProtocol) throws(MalformedMacaroon) {
        var words = String(text).split { $0.isWhitespace }.map(String.init)
        if words.count == 2, ["l402", "lsat"].contains(words[0].lowercased()) {
            words.removeFirst()
        }
        guard words.count == 1, let word = words.first else {
            throw MalformedMacaroon("it should be 'L402 macaroon:preimage', or a macaroon in base64 or hexadecimal")
        }
        let parts = word.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 1 {
            if let bytes = Hex.decoded(word), let macaroon = try? Macaroon(decoding: bytes) {
                self.init(macaroon)
            } else {
                self.init(try Macaroon(base64: word))
            }
            return
        }
        guard parts.count == 2, let preimage = Bytes32(hex: parts[1]) else {
            throw MalformedMacaroon("behind ':' should be a preimage, 64 hexadecimal digits")
        }
        self.init(try Macaroon(base64: parts[0]), preimage: Preimage(preimage))
    }

    /// `nil` when the macaroon is not one of L402 version 0.
    package var identifier: L402Identifier? { L402Identifier(macaroon.identifier) }

    package var proof: Proof {
        let prefix = Keyring.preimageCondition
        let carried = macaroon.caveats.last { $0.verificationID == nil && $0.identifier.starts(with: prefix) }
        var shown = preimage?.bytes
        if let carried {
            let digits = String(decoding: carried.identifier.dropFirst(prefix.count), as: UTF8.self)
            guard let bytes = Bytes32(hex: digits), shown == nil || shown == bytes else { return .wrong }
            shown = bytes
        }
        guard let shown else { return .missing }
        let hash = shown.withUnsafeBytes { Bytes32.sha256(of: $0) }
        return hash == identifier?.payment.bytes ? .right : .wrong
    }

    /// What restricts the holder, in the order in which it was added. A preimage does not; what is no text and what
    /// needs a third party has no form that this gateway reads.
    package var restrictions: [Caveat] {
        macaroon.caveats.filter { $0.verificationID == nil && !$0.identifier.starts(with: Keyring.preimageCondition) }
            .map { Caveat(parsing: String(decoding: $0.identifier, as: UTF8.self)) }
    }

    /// True when it has a caveat that no request can fulfil here.
    package var hasUnreadableCaveat: Bool {
        macaroon.caveats.contains {
            $0.verificationID != nil || String(validating: $0.identifier, as: UTF8.self) == nil
        }
    }

    /// The services that it was sold for; empty: it names none, or none that can be read.
    package var services: [String] { sold?.names ?? [] }

    /// The tier of a service that it was sold for; `nil` when it does not name the service.
    package func tier(of service: String) -> Int? { sold?.tier(of: service) }

    private var sold: ServiceList? {
        restrictions.first { $0.condition == ServiceVerifier.services }.flatMap { ServiceList($0.value) }
    }

    /// From when on it opens nothing any more: the earliest end of a service of its own; `nil`: never.
    package var end: WallTime? {
        let ends = restrictions.filter { $0.condition.hasSuffix(ExpiryVerifier.suffix) }
        return ends.compactMap { Int64($0.value) }.min().map { WallTime(seconds: $0) }
    }

    package mutating func add(_ caveats: [String]) throws(TooManyCaveats) {
        guard macaroon.caveats.count + caveats.count <= MacaroonLayout.mostCaveats else { throw TooManyCaveats() }
        for caveat in caveats {
            macaroon.add(caveat)
        }
        guard macaroon.encoded.count <= MacaroonLayout.largestCount else { throw TooManyCaveats() }
    }

    /// The value of `Authorization`; `nil` without a preimage beside the macaroon.
    package var authorization: String? {
        preimage.map { L402Token(macaroon: macaroon, preimage: $0).authorization }
    }
}

extension Keyring {
    /// What a keyring says about who signed a macaroon.
    package enum Signature: String, Hashable, Sendable {
        case right, wrong
        /// Signed with a generation that is not in the keyring, or not a macaroon of L402.
        case unknownKey = "unknown-key"
    }

    package func signature(of macaroon: Macaroon) -> Signature {
        guard let identifier = L402Identifier(macaroon.identifier),
            let rootKey = macaroon.identifier.withUnsafeBytes({ rootKey(for: $0, generation: identifier.generation) })
        else { return .unknownKey }
        return macaroon.isSigned(with: rootKey.array) ? .right : .wrong
    }
}
