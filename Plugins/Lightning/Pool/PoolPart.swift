internal import GatewayKit

/// A pool of which some nodes alone make invoices: what a route that names them sells by.
struct PoolPart: ForwardingBackend {
    let pool: LightningPool
    let names: Set<String>

    var base: any LightningBackend { pool }

    func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        try await pool.makeInvoice(for: amount, memo: memo, expiresIn: expiresIn, among: names)
    }

    func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        try await pool.makeHoldInvoice(
            for: amount,
            payment: payment,
            memo: memo,
            expiresIn: expiresIn,
            among: names
        )
    }
}
