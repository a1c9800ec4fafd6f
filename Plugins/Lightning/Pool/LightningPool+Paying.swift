package import GatewayKit
internal import Logging

extension LightningPool {
    private static let refundPrefix = "pool/refund/"

    /// One node alone pays an invoice, however often that is tried: which one is written down before it is told to. A node
    /// that is away is waited for. One that turns out not to pay at all, or is taken out of the pool, is left for another where
    /// it has said that it has not.
    package func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        let payment = try read(bolt11).payment
        let payer: PoolMember
        if let earlier = try await self.payer(of: payment), try await mustPay(payment, earlier) {
            payer = earlier
        } else {
            guard let first = members.first(where: { $0.backend.capabilities.contains(.refund) }) else {
                throw LightningFailure(.refused, "no node of the pool pays")
            }
            payer = first
        }
        try await keep(PoolPayer(payer), of: payment)
        do {
            return try await payer.backend.pay(bolt11, amount: amount, feeLimit: feeLimit, patience: patience)
        } catch let failure as LightningFailure where failure.reason == .refused {
            await noteRefusal(of: payment, by: payer)
            throw failure
        }
    }

    private func mustPay(_ payment: PaymentHash, _ member: PoolMember) async throws -> Bool {
        if member.backend.capabilities.contains(.refund) { return true }
        return try await member.backend.payment(payment) != .unpaid
    }

    /// A node may have been told to pay before it was in the pool: where that is not written down, each is asked, and one that
    /// does not answer is no "no".
    package func payment(_ payment: PaymentHash) async throws -> PaymentState {
        if let payer = try await payer(of: payment) { return try await payer.backend.payment(payment) }
        for member in members where member.backend.capabilities.contains(.refund) {
            let state = try await member.backend.payment(payment)
            if state != .unpaid { return state }
        }
        return .unpaid
    }

    /// - Returns: `nil` where no node was told, or one that has not paid and is not in the pool any more.
    private func payer(of payment: PaymentHash) async throws -> PoolMember? {
        guard let bytes = try await store.value(for: Self.refundPrefix + payment.description) else { return nil }
        let payer = PoolPayer(stored: bytes)
        if let member = payer.member(of: members) { return member }
        guard payer.hasRefused else {
            throw LightningFailure(
                .unavailable,
                "the node \(payer) that was told to pay is not in the pool any more: put it back"
            )
        }
        return nil
    }

    /// It has paid nothing: "no" could also be said of what is paid already.
    private func noteRefusal(of payment: PaymentHash, by member: PoolMember) async {
        do {
            guard try await member.backend.payment(payment) == .unpaid else { return }
            try await keep(PoolPayer(member, hasRefused: true), of: payment)
        } catch {
            logger.debug(
                "cannot note that a node has not paid",
                metadata: ["node": "\(member.name)", "error": "\(error)"]
            )
        }
    }

    private func keep(_ payer: PoolPayer, of payment: PaymentHash) async throws {
        try await store.setValue(payer.encoded(), for: Self.refundPrefix + payment.description)
    }
}
