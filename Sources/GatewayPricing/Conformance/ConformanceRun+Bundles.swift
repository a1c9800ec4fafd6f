internal import GRPCCore
internal import GRPCPricer
internal import GatewayRPC

extension ConformanceRun {
    private static let all = "ChallengeMinted, AuthorizeRequest, ReportUsage"
    private static let selling = "ChallengeMinted"
    private static let drawing = "AuthorizeRequest"
    private static let reporting = "ReportUsage"
    private static let balances = "keep the balance of a bundle"
    private static let allowed = "allowed, and what is reserved"
    /// Requests that fail, one after the other.
    private static let failures = 32
    /// Requests after which a bundle should be spent, each of a million tokens in and out.
    private static let patience = 64

    mutating func lookAtBundles() async {
        guard let price else { return skip(Self.all, Self.balances) }
        let token = Self.token()
        let sold = await calls.sell(token, for: max(1, price))
        if sold.isUnimplemented { return await lookAtMissingBundles(token) }
        expect(Self.selling, "takes what is sold", "an answer", sold, { _ in true }, found: { _ in "" })
        guard case .success = sold else { return skip(Self.all, Self.balances) }
        let drawn = await calls.authorise(token)
        if drawn.isUnimplemented { return await lookAtMissingReports(token) }
        if case .success(let admitted) = drawn, admitted.allowed {
            _ = await calls.report(token, .failed, reserved: admitted.reservedEstimate)
        }
        let again = await calls.sell(token, for: max(1, price))
        expect(Self.selling, "takes the same twice", "an answer", again, { _ in true }, found: { _ in "" })
        guard await lookAtFailures(token) else { return skip(Self.all, Self.balances) }
        await lookAtCrowds(token)
        await lookAtUsage(token)
        await lookAtStrangers()
        await lookAtTheEnd(token, price: max(1, price))
    }

    private mutating func lookAtMissingBundles(_ token: String) async {
        let drawn = await calls.authorise(token)
        let reported = await calls.report(token, .failed, reserved: 0)
        if drawn.isUnimplemented, reported.isUnimplemented { return noteAbsence(Self.all, Self.balances) }
        note(Self.all, "are there together", "all of them, or none", found: "\(Self.selling) alone is not implemented")
    }

    /// A server may listen to what was sold, and keep no balance.
    private mutating func lookAtMissingReports(_ token: String) async {
        let reported = await calls.report(token, .failed, reserved: 0)
        if reported.isUnimplemented { return noteAbsence("\(Self.drawing), \(Self.reporting)", Self.balances) }
        note(Self.all, "are there together", "all of them, or none", found: "\(Self.drawing) alone is not implemented")
    }

    /// - Returns: false when a bundle that was sold pays for nothing.
    private mutating func lookAtFailures(_ token: String) async -> Bool {
        let drawn = await calls.authorise(token)
        let rule = "lets a request through whose bundle was sold"
        let admitted = expect(Self.drawing, rule, Self.allowed, drawn, Self.isAllowed) { $0.summary }
        guard let admitted else { return false }
        let answer = await calls.report(token, .failed, reserved: admitted.reservedEstimate)
        let failed = expect(
            Self.reporting,
            "takes the report of a request that failed",
            "amounts of 0 or more",
            answer,
            Self.isPlausible
        ) { $0.summary }
        guard let failed else { return false }
        advise(
            Self.reporting,
            "takes nothing for a request that failed",
            "0 satoshis taken",
            found: failed.debitedSats == 0 ? nil : failed.summary
        )
        var found: String?
        for round in 1...Self.failures where found == nil {
            let answer = await calls.authorise(token)
            if case .success(let admitted) = answer, Self.isAllowed(admitted) {
                _ = await calls.report(token, .failed, reserved: admitted.reservedEstimate)
            } else {
                found = "request \(round): \(Self.said(answer))"
            }
        }
        note(
            Self.reporting,
            "gives back what was reserved for requests that failed",
            "\(Self.failures) of them are let through, one after the other",
            found: found
        )
        return found == nil
    }

    private mutating func lookAtCrowds(_ token: String) async {
        let answers = await together { await $0.authorise(token) }
        let strange = answers.first { answer in
            guard case .success(let drawn) = answer else { return !answer.isOwnRefusal }
            return drawn.allowed ? !Self.isAllowed(drawn) : !Self.isAmount(drawn.priceSats)
        }
        note(
            Self.drawing,
            "decides about many requests at the same time",
            "each is allowed or refused",
            found: strange.map(Self.said)
        )
        for case .success(let drawn) in answers where drawn.allowed {
            _ = await calls.report(token, .failed, reserved: drawn.reservedEstimate)
        }
        let after = await calls.authorise(token)
        let rule = "lets a request through when those are over"
        if let admitted = expect(Self.drawing, rule, Self.allowed, after, Self.isAllowed, found: { $0.summary }) {
            _ = await calls.report(token, .failed, reserved: admitted.reservedEstimate)
        }
    }

    private mutating func lookAtUsage(_ token: String) async {
        let rule = "takes the report of what a request has used"
        guard case .success(let admitted) = await calls.authorise(token), admitted.allowed else {
            return skip(Self.reporting, rule)
        }
        let answer = await calls.report(token, .used(tokens: 10), reserved: admitted.reservedEstimate)
        let used = expect(Self.reporting, rule, "amounts of 0 or more", answer, Self.isPlausible) { $0.summary }
        guard let used else { return }
        advise(
            Self.reporting,
            "takes something for tokens that were used",
            "1 satoshi or more taken",
            found: used.debitedSats > 0 ? nil : used.summary
        )
        let again = await calls.report(token, .used(tokens: 10), reserved: admitted.reservedEstimate)
        let difference: String? =
            switch again {
            case .success(let repeated) where repeated.remainingSats == used.remainingSats: nil
            case .success(let repeated): "\(used.summary), and then \(repeated.summary)"
            case .failure where again.isOwnRefusal: nil
            case .failure(let failure): "\(failure)"
            }
        advise(
            Self.reporting,
            "books a report once that comes twice",
            "as much left as before: gateways repeat a report whose answer was lost, with the same 'reserved_estimate'",
            found: difference
        )
    }

    private mutating func lookAtStrangers() async {
        let stranger = Self.token()
        let drawn = await calls.authorise(stranger)
        let isRefused =
            switch drawn {
            case .success(let answer): !answer.allowed && Self.isAmount(answer.priceSats)
            case .failure: drawn.isOwnRefusal
            }
        note(
            Self.drawing,
            "refuses a token that nobody has bought",
            "not allowed, or a status such as NOT_FOUND",
            found: isRefused ? nil : Self.said(drawn)
        )
        let reported = await calls.report(stranger, .used(tokens: 10), reserved: 1)
        let found: String? =
            switch reported {
            case .success(let answer): Self.isPlausible(answer) ? nil : answer.summary
            case .failure(let failure): reported.isOwnRefusal ? nil : "\(failure)"
            }
        note(
            Self.reporting,
            "takes or refuses a report of a token that nobody has bought",
            "an answer, or a status such as NOT_FOUND",
            found: found
        )
    }

    private mutating func lookAtTheEnd(_ token: String, price: Int64) async {
        var refusal: PriceCalls.Answer<Pricesrpc_AuthorizeRequestResponse>?
        for _ in 1...Self.patience where refusal == nil {
            let answer = await calls.authorise(token)
            if case .success(let admitted) = answer, admitted.allowed {
                _ = await calls.report(token, .used(tokens: 1_000_000), reserved: admitted.reservedEstimate)
            } else {
                refusal = answer
            }
        }
        let rule = "refuses when a bundle is spent, and says what the next one costs"
        let expected = "not allowed, and a price (0: GetPrice is asked)"
        if let refusal {
            expect(Self.drawing, rule, expected, refusal, { Self.isAmount($0.priceSats) }, found: { $0.summary })
        } else {
            let found = "\(Self.patience) requests were let through, each of a million tokens"
            advise(Self.drawing, rule, expected, found: found)
        }
        let other = Self.token()
        _ = await calls.sell(other, for: price)
        let drawn = await calls.authorise(other)
        let apart = "keeps the bundle of one token apart from that of another"
        if let admitted = expect(Self.drawing, apart, Self.allowed, drawn, Self.isAllowed, found: { $0.summary }) {
            _ = await calls.report(other, .failed, reserved: admitted.reservedEstimate)
        }
    }

    // MARK: Answers

    private static func isAllowed(_ answer: Pricesrpc_AuthorizeRequestResponse) -> Bool {
        answer.allowed && answer.reservedEstimate >= 0
    }

    private static func isPlausible(_ answer: Pricesrpc_ReportUsageResponse) -> Bool {
        isAmount(answer.debitedSats) && isAmount(answer.remainingSats)
    }

    private static func said(_ answer: PriceCalls.Answer<Pricesrpc_AuthorizeRequestResponse>) -> String {
        switch answer {
        case .success(let answer): answer.summary
        case .failure(let failure): "\(failure)"
        }
    }
}
