package import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The URL that a source is asked at. `{currency}` stands for `usd` and `{CURRENCY}` for `USD`.
package struct RateAddress: Sendable, Hashable {
    static let form =
        "an https URL such as https://example.com/ticker?pair=BTC{CURRENCY}; http is for this machine alone"

    private let text: String
    package let host: String

    package init?(parsing text: String) {
        let sample = text.replacing("{currency}", with: "usd").replacing("{CURRENCY}", with: "USD")
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let parts = URLComponents(string: sample),
            let scheme = parts.scheme, let host = parts.host, !host.isEmpty, parts.user == nil, parts.password == nil,
            parts.fragment == nil
        else { return nil }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let isHere = name == "localhost" || IPAddress(name)?.isLoopback == true
        guard scheme == "https" || scheme == "http" && isHere else { return nil }
        self.text = text
        self.host = name
    }

    var namesCurrency: Bool { text.contains("{currency}") || text.contains("{CURRENCY}") }

    package func url(for currency: Currency) -> String {
        text.replacing("{currency}", with: currency.code.lowercased()).replacing("{CURRENCY}", with: currency.code)
    }
}
