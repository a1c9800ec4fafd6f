package import GRPCCore

/// How a fake lnd misbehaves.
package struct FakeLndFaults: Sendable {
    /// What it says wrongly.
    package enum Lie: Sendable, CaseIterable {
        /// An invoice for a satoshi more.
        case amount
        /// Another payment hash than the invoice's.
        case hash
        /// An invoice that lives ten times as long.
        case expiry
        /// An invoice for another network.
        case network
        /// An invoice that names another node than the one that signed it.
        case signature
        /// The invoice that it made before.
        case repetition
    }

    package enum Events: Sendable {
        case faithful
        case duplicated
        /// The second of two comes before the first.
        case reordered
        /// One of so many is not told to those that listen.
        case lost(oneOf: Int)
    }

    package enum PaymentEnd: Sendable {
        case succeeds
        case fails
        /// The payment goes on, and the answer says nothing.
        case hangs
        /// The payment arrives, and the connection to whoever asked for it is gone.
        case isUntold
        /// With a preimage of another payment.
        case lies
    }

    /// Before each answer.
    package var delay: Duration?
    /// Answers nothing until whoever asked leaves.
    package var isSilent = false
    package var refusal: RPCError?
    package var lie: Lie?
    /// A look-up answers with another invoice, or says that a part is all.
    package var misreads = false
    package var isGenerous = false
    package var events = Events.faithful
    package var payments = PaymentEnd.succeeds

    package init() {}
}
