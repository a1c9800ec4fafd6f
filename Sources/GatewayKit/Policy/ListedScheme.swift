/// A scheme as a policy names it on a route.
public struct ListedScheme: Hashable, Sendable {
    public let word: String
    /// Its settings that say what is asked for, in a few words; empty: none.
    public let summary: String
    /// False for free requests and work.
    public let takesPayments: Bool
    /// How much it lets through that nobody pays for (`AuthScheme.giveaway`).
    public let giveaway: Double
    /// What is sold; 0 is the lowest.
    public let tier: Int

    public init(word: String, summary: String = "", takesPayments: Bool = true, giveaway: Double = 0, tier: Int = 0) {
        self.word = word
        self.summary = summary
        self.takesPayments = takesPayments
        self.giveaway = giveaway
        self.tier = tier
    }
}
