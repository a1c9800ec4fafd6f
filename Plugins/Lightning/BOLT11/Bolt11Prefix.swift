internal import GatewayKit

/// What stands before the data of an invoice: `lnbc2500u` (BOLT 11, "Human-Readable Part").
struct Bolt11Prefix: Hashable, Sendable {
    let network: Bolt11Network
    /// `nil`: the payer chooses.
    let amount: Amount?

    init(network: Bolt11Network, amount: Amount?) {
        self.network = network
        self.amount = amount
    }

    /// - Parameter text: in lower case.
    init(parsing text: String) throws(Bolt11Error) {
        guard text.hasPrefix("ln") else { throw .notAnInvoice }
        let rest = text.dropFirst(2)
        let name = rest.prefix { !("0"..."9").contains($0) }
        guard let network = Bolt11Network(rawValue: String(name)) else { throw .network(String(name)) }
        self.network = network
        let amountText = rest[name.endIndex...]
        amount = amountText.isEmpty ? nil : try Self.amount(amountText)
    }

    private static func amount(_ text: Substring) throws(Bolt11Error) -> Amount {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let first = digits.first, first != "0" else { throw .amount(String(text)) }
        let unit: UInt64
        // A millisatoshi is ten of the smallest unit, so its last digit says whether the amount is whole.
        let isPico = text[digits.endIndex...] == "p"
        guard !isPico || digits.last == "0" else { throw .subMillisatoshi }
        guard let count = UInt64(isPico ? digits.dropLast() : digits) else { throw .amount(String(text)) }
        switch text[digits.endIndex...] {
        case "": unit = 100_000_000_000
        case "m": unit = 100_000_000
        case "u": unit = 100_000
        case "n": unit = 100
        case "p": unit = 1
        default: throw .amount(String(text))
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow else { throw .amount(String(text)) }
        let amount = Amount(millisatoshis: product)
        guard amount > .zero, amount <= .maximum else { throw .amount(String(text)) }
        return amount
    }

    /// With the largest unit that is exact, which makes it the shortest (BOLT 11, "Requirements").
    var text: String {
        let start = "ln\(network.rawValue)"
        guard let millisatoshis = amount?.millisatoshis else { return start }
        let units: [(size: UInt64, letter: String)] = [
            (100_000_000_000, ""), (100_000_000, "m"), (100_000, "u"), (100, "n"),
        ]
        for unit in units where millisatoshis % unit.size == 0 {
            return "\(start)\(millisatoshis / unit.size)\(unit.letter)"
        }
        return "\(start)\(millisatoshis)0p"
    }
}
