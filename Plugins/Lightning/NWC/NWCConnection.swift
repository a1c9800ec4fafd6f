internal import GatewayKit

/// What a wallet gives to whoever may use it: `nostr+walletconnect://<key>?relay=...&secret=...` (NIP-47, "Nostr Wallet
/// Connect URI"). Never logged; its description hides the secret.
package struct NWCConnection: Sendable {
    /// The wallet's.
    package let wallet: NostrPublicKey
    /// This gateway's, for this wallet only.
    package let key: NostrKey
    /// At least one.
    package let relays: [WebSocketAddress]

    private static let mostRelays = 8

    /// - Throws: what is wrong, without what was read.
    package init(parsing text: String) throws(NostrFailure) {
        guard text.utf8.count <= 8_192 else { throw NostrFailure("a connection has at most 8,192 characters") }
        guard let colon = text.firstIndex(of: ":"), text[..<colon].lowercased() == "nostr+walletconnect" else {
            throw NostrFailure("a connection begins with nostr+walletconnect://")
        }
        var rest = text[text.index(after: colon)...]
        if rest.hasPrefix("//") { rest = rest.dropFirst(2) }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0].hasSuffix("/") ? parts[0].dropLast() : parts[0]
        guard let wallet = Bytes32(hex: name).map(NostrPublicKey.init) else {
            throw NostrFailure("a connection names the wallet's key in 64 hexadecimal digits")
        }
        var secret: Bytes32?
        var relays = [WebSocketAddress]()
        for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, let value = Self.decoded(halves[1]) else {
                throw NostrFailure("a part of the connection is not of the form name=value")
            }
            switch halves[0] {
            case "secret":
                guard secret == nil, let bytes = Bytes32(hex: value) else {
                    throw NostrFailure("a connection has one secret, of 64 hexadecimal digits")
                }
                secret = bytes
            case "relay":
                guard let relay = WebSocketAddress(parsing: value) else {
                    throw NostrFailure("a relay of the connection is no address such as wss://relay.example.com")
                }
                if !relays.contains(relay) { relays.append(relay) }
            // `lud16`, and what may come.
            default: break
            }
        }
        guard let secret else { throw NostrFailure("the connection has no secret") }
        guard let key = NostrKey(secret) else { throw NostrFailure("the secret of the connection is no key") }
        guard NostrConversation(of: key, with: wallet) != nil else {
            throw NostrFailure("the wallet's key in the connection is no key")
        }
        guard (1...Self.mostRelays).contains(relays.count) else {
            throw NostrFailure("a connection has 1 to \(Self.mostRelays) relays")
        }
        self.wallet = wallet
        self.key = key
        self.relays = relays
    }

    /// Percent-decoded (RFC 3986 §2.1); `nil` where that is no UTF-8.
    private static func decoded(_ text: Substring) -> String? {
        var bytes = [UInt8]()
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap({ ASCII.hexValue($0) }),
                let low = rest.popFirst().flatMap({ ASCII.hexValue($0) })
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension NWCConnection: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "(connection to \(wallet))" }
    package var debugDescription: String { description }
}
