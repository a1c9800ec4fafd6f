/// An amount of a currency that is not bitcoin, exact and never negative: `0.02 USD`.
public struct FiatAmount: Hashable, Sendable {
    public let number: ExactDecimal
    public let currency: Currency

    public init(_ number: ExactDecimal, _ currency: Currency) {
        self.number = number
        self.currency = currency
    }

    /// `nil` for what is no number and a code behind it, with one space between or none.
    public init?(parsing text: some StringProtocol) {
        let number = text.prefix { $0 == "." || ("0"..."9").contains($0) }
        let rest = text[number.endIndex...]
        let code = rest.first == " " ? rest.dropFirst() : rest
        guard let number = ExactDecimal(parsing: number), let currency = Currency(code) else { return nil }
        self.init(number, currency)
    }
}

extension FiatAmount: CustomStringConvertible {
    public var description: String { "\(number) \(currency)" }
}
