internal import GRPCPricer
internal import GatewayRPC

extension ConformanceRun {
    private static let both = "QuoteSession, SettleSession"
    private static let quoting = "QuoteSession"
    private static let settling = "SettleSession"
    private static let sessions = "price the requests of a session"

    mutating func lookAtSessions() async {
        guard price != nil else { return skip(Self.both, Self.sessions) }
        let session = Self.token()
        let quoted = await calls.quote()
        if quoted.isUnimplemented {
            let settled = await calls.settle(session, .failed, paid: 1)
            if settled.isUnimplemented { return noteAbsence(Self.both, Self.sessions) }
            let found = "\(Self.quoting) alone is not implemented"
            return note(Self.both, "are there together", "both of them, or none", found: found)
        }
        let quote = expect(Self.quoting, "says what a request costs", Self.amounts, quoted) {
            Self.isAmount($0.unitPriceSats) && Self.isAmount($0.depositSats)
        } found: {
            "\($0.unitPriceSats) satoshis, and a deposit of \($0.depositSats)"
        }
        guard let quote else { return skip(Self.settling, Self.sessions) }
        let isCovered = quote.depositSats == 0 || quote.depositSats >= quote.unitPriceSats
        note(
            Self.quoting,
            "asks for a deposit that covers a request",
            "0, or \(quote.unitPriceSats) satoshis or more",
            found: isCovered ? nil : "\(quote.depositSats) satoshis"
        )
        await lookAtSettlements(session, paid: max(1, quote.unitPriceSats))
    }

    private mutating func lookAtSettlements(_ session: String, paid: Int64) async {
        let used = await calls.settle(session, .used(tokens: 10), paid: paid)
        let cost = expect(Self.settling, "says what a request has cost", Self.amounts, used, Self.isAmount) {
            "\($0) satoshis"
        }
        guard let cost else { return }
        let again = await calls.settle(session, .used(tokens: 10), paid: paid)
        let difference: String? =
            switch again {
            case .success(let other): other == cost ? nil : "\(cost) and then \(other) satoshis"
            case .failure(let failure): "\(failure)"
            }
        advise(Self.settling, "says the same when it is asked again", "\(cost) satoshis", found: difference)
        let failed = await calls.settle(session, .failed, paid: paid)
        expect(
            Self.settling,
            "takes no more for a request that failed than was paid",
            "0 to \(paid) satoshis",
            failed,
            { (0...paid).contains($0) },
            found: { "\($0) satoshis" }
        )
    }
}
