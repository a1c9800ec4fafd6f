package import GatewayKit

/// Which addresses count as one client: all in one block.
package struct AddressBlocks: Sendable, Hashable {
    /// 1...32.
    package let v4Prefix: Int
    /// 1...128.
    package let v6Prefix: Int

    /// One IPv4 address, and what a network hands to one customer in IPv6 (RFC 6177 §2).
    package static let usual = AddressBlocks(v4Prefix: 32, v6Prefix: 64)

    package init(v4Prefix: Int, v6Prefix: Int) {
        self.v4Prefix = v4Prefix
        self.v6Prefix = v6Prefix
    }

    /// `ipv4` and `ipv6`: `/24`.
    init(from settings: inout PolicyReader) {
        func prefix(_ key: String, upTo most: Int, or fallback: Int) -> Int {
            settings.value(
                key,
                or: fallback,
                placeholder: fallback,
                expected: "the length of a prefix, from /1 to /\(most)"
            ) { text in
                Int(text.hasPrefix("/") ? text.dropFirst() : text[...]).flatMap { (1...most).contains($0) ? $0 : nil }
            }
        }
        v4Prefix = prefix("ipv4", upTo: 32, or: Self.usual.v4Prefix)
        v6Prefix = prefix("ipv6", upTo: 128, or: Self.usual.v6Prefix)
    }

    /// ` (/24, /48)`; empty for the usual ones.
    var summary: String { self == .usual ? "" : " (/\(v4Prefix), /\(v6Prefix))" }

    /// The block of a client as text. Clients without an address, those of a Unix socket, are one.
    package func block(of client: Client) -> String {
        guard let address = client.address else { return "none" }
        return Network(address, prefix: address.isV4 ? v4Prefix : v6Prefix)?.description ?? "none"
    }
}
