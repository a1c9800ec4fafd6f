package import GatewayKit

/// Who is asked for rates, as `rates` of a policy names it.
package struct RateSource: Sendable {
    package enum Kind: Sendable {
        /// Never asked, and never old.
        case fixed(ExactDecimal)
        case asked(url: RateAddress, path: RatePath)
    }

    package let name: String
    package let currencies: [Currency]
    package let kind: Kind

    package init(name: String, currencies: [Currency], kind: Kind) {
        self.name = name
        self.currencies = currencies
        self.kind = kind
    }

    private static let longestName = 32

    /// Notes what is wrong and returns `nil` then.
    init?(from settings: inout PolicyReader) {
        if settings.contains("fixed") {
            let price = settings.value(
                "fixed",
                or: nil,
                placeholder: FiatAmount?.none,
                expected: "what a bitcoin costs, such as 97000 USD"
            ) { text in
                FiatAmount(parsing: text).flatMap { $0.number.isZero ? nil : $0 }.map(Optional.some)
            }
            let name = Self.name(from: &settings, or: "fixed")
            guard let price else { return nil }
            self.init(name: name, currencies: [price.currency], kind: .fixed(price.number))
            return
        }
        let url = settings.value(
            "url",
            or: nil,
            placeholder: RateAddress?.none,
            expected: RateAddress.form
        ) { RateAddress(parsing: $0).map(Optional.some) }
        let path = settings.value("path", or: nil, placeholder: RatePath?.none, expected: RatePath.form) {
            RatePath(parsing: $0).map(Optional.some)
        }
        let nodes = settings.nodes("currency")
        let currencies = nodes.compactMap { node in
            settings.value(of: node, named: "'currency'", expected: "a code such as USD, or a list of them") {
                Currency($0)
            }
        }
        if nodes.isEmpty { settings.note(settings.error(at: "currency", "should be a code such as USD, or a list")) }
        if Set(currencies).count < currencies.count {
            settings.note(settings.error(at: "currency", "should name each code once"))
        }
        let name = Self.name(from: &settings, or: url?.host)
        guard let url, let path, !currencies.isEmpty, currencies.count == nodes.count else { return nil }
        guard currencies.count == 1 || url.namesCurrency || path.namesCurrency else {
            settings.note(
                settings.error(
                    at: "currency",
                    "should be one code, unless 'url' or 'path' holds {currency} or {CURRENCY} for it"
                )
            )
            return nil
        }
        self.init(name: name, currencies: currencies, kind: .asked(url: url, path: path))
    }

    private static func name(from settings: inout PolicyReader, or fallback: String?) -> String {
        let form = "a name of letters, digits, '.', '-' and '_', \(longestName) at the most"
        return settings.value(
            "name",
            or: fallback.map { String($0.prefix(longestName)) } ?? "",
            placeholder: "",
            expected: form
        ) {
            text in
            let isName = text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
            return isName && !text.isEmpty && text.utf8.count <= longestName ? text : nil
        }
    }
}
