/// Why a call to lnd has no answer that counts.
struct LndFault: Error, Hashable {
    enum Reason: Hashable, Sendable {
        /// Nobody answered, or not in time: what was asked for may have happened.
        case unavailable
        /// An answer that cannot be read.
        case malformed
        /// A status of gRPC: lnd answered no.
        case status(Int)
    }

    let reason: Reason
    /// What lnd or the connection to it said, on one line.
    let message: String

    init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }
}
