internal import GatewayKit
internal import NIOConcurrencyHelpers

// Charges on routes whose price is metered: a payment buys a bundle, and is presented again with every request.
extension ChargeIntent {
    /// As the ledger knows a payment that has bought a bundle.
    static let bundlePurpose = "mpp/bundle"
    /// Beyond it all are forgotten and looked up again.
    private static let mostKnown = 65_536

    /// Takes the payment for its bundle, once and for good; later requests find it taken. After its challenge has expired only
    /// that.
    func draw(
        from charge: Charge,
        by credential: CredentialID,
        in exchange: Exchange
    ) throws -> Eventually<Decision> {
        let (payment, isExpired) = (charge.payment, charge.isExpired)
        // For good, and so nobody has to be asked again.
        if bundles.withLockedValue({ $0.contains(payment) }) {
            charge.phase = .drawing
            return .now(.next)
        }
        return try exchange.later { [terms, store, lightning, settlements] () async throws -> Drawing in
            let earlier = try await store.purpose(of: payment)
            if earlier == Self.bundlePurpose { return .taken }
            guard earlier == nil else { return .used }
            guard !isExpired else { return .expired }
            if terms.verification == .node {
                guard try await settlements.isSettledSoon(payment, at: lightning) else { return .unsettled }
            }
            let claim = try await store.claim(payment, for: Self.bundlePurpose, by: credential)
            return claim == .foreign ? .used : .taken
        }.map { drawing in
            switch drawing {
            case .taken:
                bundles.withLockedValue { known in
                    if known.count >= Self.mostKnown { known.removeAll() }
                    known.insert(payment)
                }
                charge.phase = .drawing
                return .next
            case .used:
                charge.isUsedUp = true
                throw PaymentProblem.lightningUnknownChallenge.rejection(
                    "the payment has been used already",
                    challengeID: charge.challengeID
                )
            case .expired:
                throw expired.rejection("the challenge has expired", challengeID: charge.challengeID)
            case .unsettled:
                throw PaymentProblem.verificationFailed.rejection(
                    "the payment has not arrived yet; nothing was taken, and the same credential may be sent again",
                    challengeID: charge.challengeID
                )
            }
        }
    }

    private enum Drawing: Sendable {
        case taken, used, expired, unsettled
    }

    func account(of offer: PaymentOffer) -> MeterAccount? {
        ChargeRequest.payment(of: offer.request).map(Self.account)
    }

    func meterAccount(in exchange: Exchange) -> MeterAccount? {
        exchange[Charge.self].map { Self.account(of: $0.payment) }
    }

    private static func account(of payment: PaymentHash) -> MeterAccount {
        MeterAccount(form: .charge, id: payment.bytes, payment: payment)
    }
}
