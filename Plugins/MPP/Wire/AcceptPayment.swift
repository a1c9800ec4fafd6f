internal import GatewayKit

/// Which offers a client would take, and how gladly: `lightning/charge, */*;q=0.1` (core draft, "Client Payment
/// Preferences").
package struct AcceptPayment: Sendable {
    private struct Range {
        /// `*`: any.
        let method: String
        let intent: String
        /// In thousandths (RFC 9110 §12.4.2).
        let weight: Int

        func covers(_ offer: (method: String, intent: String)) -> Bool {
            (method == "*" || method == offer.method) && (intent == "*" || intent == offer.intent)
        }

        /// Exact before any intent, before any method, before anything.
        var precision: Int { (method == "*" ? 0 : 2) + (intent == "*" ? 0 : 1) }
    }

    private let ranges: [Range]

    /// `nil` when it cannot be read: then it says nothing.
    package init?(_ text: String) {
        // Each range is compared with each offer.
        guard text.utf8.count <= 4_096 else { return nil }
        var ranges = [Range]()
        for element in text.split(separator: ",") {
            let parts = element.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
            guard let first = parts.first else { return nil }
            if first.isEmpty, parts.count == 1 { continue }
            let names = first.split(separator: "/", omittingEmptySubsequences: false)
            guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(ASCII.isTokenByte) }),
                let weight = Self.weight(parts.dropFirst())
            else { return nil }
            ranges.append(Range(method: String(names[0]), intent: String(names[1]), weight: weight))
        }
        guard !ranges.isEmpty else { return nil }
        self.ranges = ranges
    }

    /// The offers that the client takes, the most welcome first; equally welcome ones keep their order. All of them when
    /// it takes none: it may yet find out that it must.
    package func selected<Offer>(
        of offers: [Offer],
        named name: (Offer) -> (method: String, intent: String)
    ) -> [Offer] {
        let weighed = offers.map { (offer: $0, weight: weight(of: name($0))) }.filter { $0.weight > 0 }
        guard !weighed.isEmpty else { return offers }
        return weighed.enumerated().sorted {
            ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset)
        }.map(\.element.offer)
    }

    private func weight(of offer: (method: String, intent: String)) -> Int {
        ranges.filter { $0.covers(offer) }.max { $0.precision < $1.precision }?.weight ?? 0
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }

    /// 1000 without one. `nil` for anything but `q=` and a number from 0 to 1 with three decimals at the most.
    private static func weight(_ parameters: ArraySlice<Substring>) -> Int? {
        guard let parameter = parameters.first else { return 1_000 }
        guard parameters.count == 1, parameter.lowercased().hasPrefix("q=") else { return nil }
        let digits = Array(parameter.utf8.dropFirst(2))
        guard let first = digits.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1"),
            digits.count == 1 || digits[1] == UInt8(ascii: "."), digits.count <= 5
        else { return nil }
        var weight = Int(first - 0x30) * 1_000
        var unit = 100
        for digit in digits.dropFirst(2) {
            guard (0x30...0x39).contains(digit) else { return nil }
            weight += Int(digit - 0x30) * unit
            unit /= 10
        }
        return weight <= 1_000 ? weight : nil
    }
}
