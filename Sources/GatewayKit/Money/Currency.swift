/// The code of a currency that is not bitcoin, three capital letters (ISO 4217): `USD`.
///
/// Which codes there are is not checked: a price in a currency that no source gives a rate for is a mistake anyhow.
public struct Currency: Hashable, Sendable {
    public let code: String

    /// `nil` for what is no such code, and for the codes that bitcoin goes by.
    public init?(_ code: some StringProtocol) {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (0x41...0x5A).contains($0) }), code != "BTC", code != "XBT"
        else { return nil }
        self.code = String(code)
    }
}

extension Currency: Comparable {
    public static func < (left: Currency, right: Currency) -> Bool { left.code < right.code }
}

extension Currency: CustomStringConvertible {
    public var description: String { code }
}
