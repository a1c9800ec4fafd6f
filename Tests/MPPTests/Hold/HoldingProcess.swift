import GatewayKit
import GatewayTesting
import MPP

/// What one gateway knows of payments that are held. It has died when nothing is asked of it any more.
struct HoldingProcess {
    let desk: HeldPayments
    let ledger: ChargeLedger
    private let node: HoldingNode

    init(_ store: any Store, _ node: HoldingNode, _ time: ManualTime) {
        let attempts = ChargeAttempts()
        desk = HeldPayments(.example(time: time.source, store: store, lightning: node), attempts: attempts)
        ledger = ChargeLedger(store: store, time: time.source, attempts: attempts)
        self.node = node
    }

    /// The payment of a new invoice; held where it `arrives`.
    func sell(arrives: Bool = true, expiresIn: Duration = .seconds(600)) async throws -> PaymentHash {
        let invoice = try await desk.makeInvoice(
            by: node,
            for: Amount(millisatoshis: 10_000),
            of: "quotes",
            memo: "tea",
            expiresIn: expiresIn
        )
        if arrives { node.arrive(invoice.paymentHash) }
        return invoice.paymentHash
    }

    /// A request for a payment begins to be served.
    func serve(_ payment: PaymentHash) async throws -> TakenCharge {
        guard case .taken(let taken) = try await ledger.take(payment) else {
            throw ConformanceFailure("the payment is not free")
        }
        desk.serve(taken)
        return taken
    }

    /// What its tasks do now and then.
    func round() async throws {
        await desk.keep()
        try await desk.readAll()
        while await desk.sweep() {}
    }
}
