/// The chain on which an invoice can be paid, by the prefix that stands for it (BOLT 11, "Human-Readable Part").
package enum Bolt11Network: String, Hashable, Sendable, CaseIterable {
    case bitcoin = "bc"
    case testnet = "tb"
    case signet = "tbs"
    case regtest = "bcrt"
    /// btcd's simulation network; not in BOLT 11, but lnd and btcd use it.
    case simnet = "sb"
}
