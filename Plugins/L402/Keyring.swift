package import GatewayKit

/// The gateway's master keys, by generation. The newest signs; all of them verify.
///
/// The root key of a token is derived from a master key and the token's identifier, so that a token costs no storage
/// and every instance that holds the keyring verifies every token. Taking a generation out ends the tokens signed with
/// it.
package struct Keyring: Sendable {
    private struct Generation {
        let number: UInt32
        /// The pseudorandom key of HKDF (RFC 5869 §2.2).
        let derivation: HMACKey
    }

    /// Ascending.
    private let generations: [Generation]
    /// The number of the generation that signs.
    package let newest: UInt32

    /// The keys by the numbers of their generations; `nil` without any.
    package init?(_ masterKeys: [UInt32: Bytes32]) {
        guard let newest = masterKeys.keys.max() else { return nil }
        let extract = HMACKey("sluice l402 v1")
        self.newest = newest
        generations = masterKeys.sorted { $0.key < $1.key }.map { number, masterKey in
            Generation(number: number, derivation: HMACKey(extract.code(of: masterKey)))
        }
    }

    /// Reads lines of `generation key`: a number from 1 on, and 64 hexadecimal digits. Empty lines and those that begin
    /// with `#` say nothing.
    package init(parsing text: String) throws(MalformedKeyring) {
        let masterKeys = try KeyringText.keys(
            in: text,
            upTo: L402Identifier.largestGeneration,
            expected: "64 hexadecimal digits"
        ) { Bytes32(hex: $0) }
        guard let keyring = Keyring(masterKeys) else { throw MalformedKeyring("it holds no key") }
        self = keyring
    }

    /// The key that a token is signed with: HKDF-SHA256 of its identifier (RFC 5869 §2.3).
    ///
    /// - Returns: `nil` when the keyring has no such generation.
    package func rootKey(for identifier: UnsafeRawBufferPointer, generation: UInt32) -> Bytes32? {
        guard let derivation = generations.last(where: { $0.number == generation })?.derivation else { return nil }
        return Swift.withUnsafeBytes(of: 1 as UInt8) { derivation.code(of: identifier, $0) }
    }

    /// What only who holds the keyring can make of a token, and another for each purpose: HKDF-SHA256 of the identifier
    /// and the purpose, which the root key has none of.
    ///
    /// - Returns: `nil` when the keyring has no such generation.
    func derived(for identifier: L402Identifier, purpose: StaticString) -> Bytes32? {
        guard let derivation = generations.last(where: { $0.number == identifier.generation })?.derivation else {
            return nil
        }
        let rest = purpose.withUTF8Buffer { Array($0) } + [1]
        return identifier.bytes.withUnsafeBytes { bytes in
            rest.withUnsafeBytes { derivation.code(of: bytes, $0) }
        }
    }

    /// A new token for a payment, with these caveats in this order. All tokens of one payment have one id: an invoice that
    /// is offered again, see "Invoices have a budget" among the decisions, buys one token however many were offered.
    package func macaroon(for payment: PaymentHash, caveats: [String], isShared: Bool = false) -> Macaroon? {
        guard let secret = generations.last?.derivation else { return nil }
        let purpose: StaticString = "token id\u{1}"
        let id = payment.bytes.withUnsafeBytes { payment in
            purpose.withUTF8Buffer { secret.code(of: payment, UnsafeRawBufferPointer($0)) }
        }
        let identifier = L402Identifier(payment: payment, generation: newest, isShared: isShared, secret: id).bytes
        guard let rootKey = identifier.withUnsafeBytes({ self.rootKey(for: $0, generation: newest) }) else {
            return nil
        }
        var macaroon = Macaroon(location: "lsat", identifier: identifier, rootKey: rootKey.array)
        for caveat in caveats {
            macaroon.add(caveat)
        }
        return macaroon
    }
}
