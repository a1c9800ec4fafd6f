/// What a backend can do beyond making invoices and looking for their payments.
public struct LightningCapabilities: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Tells of payments as they arrive, and of those that arrived while nobody listened.
    public static let subscribe = LightningCapabilities(rawValue: 1)
    /// Holds a payment until it is settled or cancelled.
    public static let hold = LightningCapabilities(rawValue: 2)
    /// Pays from its own funds: what is left of a session goes back.
    public static let refund = LightningCapabilities(rawValue: 4)
}

extension LightningCapabilities: CustomStringConvertible {
    /// `subscribe, hold, refund`, or `none`.
    public var description: String {
        let names = [(LightningCapabilities.subscribe, "subscribe"), (.hold, "hold"), (.refund, "refund")]
        let held = names.filter { contains($0.0) }.map(\.1)
        return held.isEmpty ? "none" : held.joined(separator: ", ")
    }
}
