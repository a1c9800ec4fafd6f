internal import HTTPTypes

/// How the development node behaves, so that a test can see what a gateway or a payer makes of it.
package struct DevBehaviour: Hashable, Sendable, Codable {
    package enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
        case normal
        /// Making an invoice and paying take `delay`.
        case slow
        /// Nothing answers.
        case down
        /// A payment is under way for `delay` and never arrives.
        case neverSettling = "never-settling"
    }

    package var mode: Mode
    package var delay: Duration

    package init(_ mode: Mode, delay: Duration = .zero) {
        self.mode = mode
        self.delay = delay
    }

    private enum CodingKeys: String, CodingKey {
        case mode
        /// `delay_ms` in the snake case of lnd's JSON.
        case delay = "delayMs"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let word = try values.decode(String.self, forKey: .mode)
        let milliseconds = try values.decodeIfPresent(Int64.self, forKey: .delay) ?? 0
        guard let mode = Mode(rawValue: word) else {
            let words = Mode.allCases.map(\.rawValue).joined(separator: ", ")
            throw LndError(.badRequest, "'mode' should be one of \(words)")
        }
        guard milliseconds >= 0, milliseconds <= 600_000 else {
            throw LndError(.badRequest, "'delay_ms' should be a number from 0 to 600000")
        }
        self.init(mode, delay: .milliseconds(milliseconds))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(mode, forKey: .mode)
        let (seconds, attoseconds) = delay.components
        try values.encode(seconds * 1_000 + attoseconds / 1_000_000_000_000_000, forKey: .delay)
    }
}
