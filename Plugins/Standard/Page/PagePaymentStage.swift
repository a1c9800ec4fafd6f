package import GatewayKit
internal import HTTPTypes
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Where payment pages ask whether they are paid, and get what opens their route: `POST` with the key as the body.
///
/// The key is the page's alone, so that nobody is let in for the payment of another page, and a key never opens anything
/// before its payment has arrived.
package struct PagePaymentStage: Stage {
    /// Pages that wait at the same time; a further one asks again later.
    private static let mostPages = 1_000
    private static let longestKey = ByteCount.kibibytes(16)

    private let gates: [any PageGate]
    private let store: any Store
    private let lightning: any LightningBackend
    private let holds: (any HoldingDesk)?
    private let news: SettlementNews
    private let time: TimeSource
    private let waiting = NIOLockedValueBox(0)
    private let mostQuestions: Int
    private let questions = NIOLockedValueBox(0)

    /// - Parameters:
    ///   - gates: one of each scheme that makes keys.
    ///   - store: where settlements are marked.
    ///   - lightning: is asked when a page claims, in case the store has not heard yet.
    ///   - news: is told for which payments pages wait.
    ///   - holds: knows of payments that are held, which open a page as well; `nil`: none are.
    ///   - mostQuestions: that it is asked at the same time, however often pages claim.
    package init(
        _ gates: [any PageGate],
        store: any Store,
        lightning: any LightningBackend,
        news: SettlementNews = SettlementNews(),
        time: TimeSource,
        holds: (any HoldingDesk)? = nil,
        mostQuestions: Int = 64
    ) {
        self.gates = gates
        self.store = store
        self.lightning = lightning
        self.news = news
        self.time = time
        self.holds = holds
        self.mostQuestions = mostQuestions
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        guard exchange.request.method == .post else {
            var reply = Reply(.methodNotAllowed, detail: "payment pages post their key here")
            reply.fields.set(.allow, "POST")
            return .now(.reply(reply))
        }
        return try exchange.body(upTo: Self.longestKey).flatMap { body in
            let key = PageKey(text: String(buffer: body))
            guard let (gate, payment) = try gate(for: key) else {
                return .now(.reply(Reply(.forbidden, detail: "this is not the key of a page of this gateway")))
            }
            if exchange.request.fields[.accept]?.contains("text/event-stream") == true {
                return .now(.reply(events(for: payment)))
            }
            let isSecure = exchange.isSecure
            return try exchange.later { [self] in try await isSettled(payment) }.map { isSettled in
                .reply(isSettled ? try pass(for: key, by: gate, isSecure: isSecure) : Self.unpaid)
            }
        }
    }

    private func gate(for key: PageKey) throws -> (gate: any PageGate, payment: PaymentHash)? {
        for gate in gates {
            if let payment = try gate.payment(of: key) { return (gate, payment) }
        }
        return nil
    }

    private func isSettled(_ payment: PaymentHash) async throws -> Bool {
        if try await store.invoice(payment)?.state == .settled { return true }
        // A page claims again after a while.
        guard beginQuestion() else { return false }
        defer { endQuestion() }
        if let state = try await holds?.state(of: payment) { return state == .held || state == .settled }
        return try await lightning.isSettled(payment)
    }

    /// Whether the node holds a payment: false where it does not say.
    private func isHeld(_ payment: PaymentHash) async -> Bool {
        guard let holds, beginQuestion() else { return false }
        defer { endQuestion() }
        return (try? await holds.state(of: payment)) == .held
    }

    private func beginQuestion() -> Bool {
        questions.withLockedValue { questions in
            guard questions < mostQuestions else { return false }
            questions += 1
            return true
        }
    }

    private func endQuestion() { questions.withLockedValue { $0 -= 1 } }

    // MARK: Answers

    private static var unpaid: Reply {
        let problem = Problem.payment(
            "payment-required",
            title: "Payment Required",
            detail: "the payment has not arrived yet"
        )
        return Reply(.init(code: 402, reasonPhrase: "Payment Required"), problem, fields: noStore)
    }

    private static var noStore: Fields { Fields([(.cacheControl, "no-store")]) }

    private func pass(for key: PageKey, by gate: any PageGate, isSecure: Bool) throws -> Reply {
        guard let cookie = try gate.cookie(for: key, at: time.now(), isSecure: isSecure) else {
            return Reply(.forbidden, detail: "what was paid for cannot be used here")
        }
        var reply = Reply(.noContent, fields: Self.noStore)
        reply.fields.add(FieldName(.setCookie), cookie)
        return reply
    }

    private func events(for payment: PaymentHash) -> Reply {
        let isRoom = waiting.withLockedValue { waiting in
            guard waiting < Self.mostPages else { return false }
            waiting += 1
            return true
        }
        guard isRoom else {
            var reply = Reply(.serviceUnavailable, detail: "many pages wait for their payments; please ask again")
            reply.fields.set(.retryAfter, "5")
            return reply
        }
        news.expect(payment)
        var fields = Self.noStore
        fields.add(.contentType, "text/event-stream")
        let stream = PageEvents(
            payment: payment,
            store: store,
            time: time,
            isHeld: { await isHeld(payment) },
            whenGone: { [waiting, news] in
                waiting.withLockedValue { $0 -= 1 }
                news.forgo(payment)
            }
        )
        return Reply(.ok, fields: fields, body: .stream(stream))
    }
}
