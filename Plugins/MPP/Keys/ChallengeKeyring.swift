internal import Crypto
package import GatewayKit

/// The secrets that challenge ids are made with, by generation. The newest makes them; all of them verify.
///
/// An id is the HMAC-SHA256 of what the challenge says (core draft, "Challenge Binding"), so that a 402 writes nothing
/// that verification needs. Taking a generation out ends the challenges made with it.
package struct ChallengeKeyring: Sendable {
    /// Fewer are refused, as the SDKs of the scheme do.
    package static let fewestBytes = 32

    /// The newest first.
    let secrets: [SymmetricKey]

    /// The secrets by the numbers of their generations; `nil` without any, and when one is shorter than 32 bytes.
    package init?(_ secrets: [UInt32: [UInt8]]) {
        guard !secrets.isEmpty, secrets.values.allSatisfy({ $0.count >= Self.fewestBytes }) else { return nil }
        self.secrets = secrets.sorted { $0.key > $1.key }.map { SymmetricKey(data: $0.value) }
    }

    /// Reads lines of `generation secret`: a number from 1 on, and 64 or more hexadecimal digits. Empty lines and those
    /// that begin with `#` say nothing.
    package init(parsing text: String) throws(MalformedKeyring) {
        let secrets = try KeyringText.keys(in: text, expected: "64 or more hexadecimal digits") { word in
            Hex.decoded(word).flatMap { $0.count >= Self.fewestBytes ? $0 : nil }
        }
        guard let keyring = ChallengeKeyring(secrets) else { throw MalformedKeyring("it holds no key") }
        self = keyring
    }

    /// The id of a challenge, by the newest secret.
    package func id(of challenge: PaymentChallenge) -> String {
        Base64.url.encoded(Self.code(of: challenge, secrets[0]).array)
    }

    /// True when the id is what one of the secrets makes of the rest of the challenge. Takes the same time for any id.
    package func made(_ challenge: PaymentChallenge) -> Bool {
        guard challenge.id.utf8.count == 43, let bytes = Base64.url.decoded(challenge.id), let id = Bytes32(bytes),
            !Self.isAmbiguous(challenge)
        else { return false }
        var isOurs = false
        for secret in secrets {
            let matches = Self.code(of: challenge, secret).equalsInConstantTime(id)
            isOurs = isOurs || matches
        }
        return isOurs
    }

    /// A `|` inside of a slot would let what stands in one slot pass for two. None that is made here has one.
    package static func isAmbiguous(_ challenge: PaymentChallenge) -> Bool {
        let slots: [String?] = [
            challenge.realm, challenge.method, challenge.intent, challenge.request, challenge.expires,
            challenge.digest, challenge.header, challenge.opaque,
        ]
        return slots.contains { $0?.utf8.contains(UInt8(ascii: "|")) == true }
    }

    /// Every slot has its place, empty or not, but for `header`, whose place is there only when it is.
    package static func input(of challenge: PaymentChallenge) -> String {
        var slots = [
            challenge.realm, challenge.method, challenge.intent, challenge.request, challenge.expires ?? "",
            challenge.digest ?? "",
        ]
        if let header = challenge.header { slots.append(header) }
        slots.append(challenge.opaque ?? "")
        return slots.joined(separator: "|")
    }

    private static func code(of challenge: PaymentChallenge, _ secret: SymmetricKey) -> Bytes32 {
        let input = Array(input(of: challenge).utf8)
        return Bytes32(HMAC<SHA256>.authenticationCode(for: input, using: secret)) ?? .zero
    }
}
