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
    /// As long as a browser keeps a cookie (RFC 6265bis §5.5), for tokens that have no end.
    private static let longestCookie: Int64 = 400 * 86_400

    private let mint: Mint
    private let store: any Store
    private let lightning: any LightningBackend
    private let time: TimeSource
    private let waiting = NIOLockedValueBox(0)

    /// - Parameters:
    ///   - store: where settlements are marked.
    ///   - lightning: is asked when a page claims, in case the store has not heard yet.
    package init(dataFolder: String, store: any Store, lightning: any LightningBackend, time: TimeSource) {
        mint = Mint.of(dataFolder: dataFolder)
        self.store = store
        self.lightning = lightning
        self.time = time
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        guard exchange.request.method == .post else {
            var reply = Reply(.methodNotAllowed, detail: "payment pages post their key here")
            reply.fields.set(.allow, "POST")
            return .now(.reply(reply))
        }
        return try exchange.body(upTo: Self.longestKey).flatMap { body in
            guard let token = try mint.keyring().token(of: PageKey(text: String(buffer: body))),
                let payment = token.identifier?.payment
            else {
                return .now(.reply(Reply(.forbidden, detail: "this is not the key of a page of this gateway")))
            }
            if exchange.request.fields[.accept]?.contains("text/event-stream") == true {
                return .now(.reply(events(for: payment)))
            }
            let isSecure = exchange.isSecure
            return try exchange.later { [self] in try await isSettled(payment) }.map { isSettled in
                isSettled ? .reply(try pass(for: token, isSecure: isSecure)) : .reply(Self.unpaid)
            }
        }
    }

    private func isSettled(_ payment: PaymentHash) async throws -> Bool {
        if try await store.invoice(payment)?.state == .settled { return true }
        return try await lightning.isSettled(payment)
    }

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

    private func pass(for token: PresentedToken, isSecure: Bool) throws -> Reply {
        guard let pass = try mint.keyring().pagePass(for: token), let service = token.services.first else {
            return Reply(.forbidden, detail: "what was paid for cannot be used here")
        }
        let left = token.end.map { $0.seconds - time.now().seconds } ?? Self.longestCookie
        var cookie = "\(PageCookie(service: service).name)=\(pass); Path=/; HttpOnly; SameSite=Lax"
        cookie += "; Max-Age=\(max(0, min(left, Self.longestCookie)))"
        if isSecure {
            cookie += "; Secure"
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
        var fields = Self.noStore
        fields.add(.contentType, "text/event-stream")
        let stream = PageEvents(payment: payment, store: store, time: time) { [waiting] in
            waiting.withLockedValue { $0 -= 1 }
        }
        return Reply(.ok, fields: fields, body: .stream(stream))
    }
}
