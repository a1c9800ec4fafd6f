import Crypto
import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import Lightning
import NIOConcurrencyHelpers
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PhoenixdTests {
    private let amount = Amount(millisatoshis: 10_000)

    /// Without the handshakes of the WebSocket, which come when they come.
    private func asked(_ server: FakeHTTP) -> [FakeHTTP.Request] {
        server.requests.filter { $0.path != "/websocket" }
    }

    @Test func `a memo is sent as a form, and cut where phoenixd would refuse it`() async throws {
        try await FakePhoenixd().serve { backend, server in
            let memo = "a&b=c+d %\n" + String(repeating: "😀", count: 200)
            _ = try await backend.makeInvoice(for: amount, memo: memo, expiresIn: .seconds(60))
            let sent = asked(server).first?.form["description"]
            #expect(sent == "a&b=c+d %\n" + String(repeating: "😀", count: 59))
        }
    }

    @Test func `the password goes along as HTTP Basic has it`() async throws {
        try await FakePhoenixd().serve { backend, server in
            _ = try await backend.isSettled(PaymentHash(.zero))
            #expect(asked(server).first?.fields["authorization"] == "Basic c2x1aWNlOmh1bnRlcjI=")
        }
    }

    @Test func `nothing is paid where phoenixd's fee is above the limit`() async throws {
        let node = try FakePhoenixd()
        let bolt11 = try node.others.make(amount, memo: "refund", seconds: 600).invoice.bolt11
        try await node.serve { backend, server in
            let failure = await #expect(throws: LightningFailure.self) {
                _ = try await backend.pay(bolt11, feeLimit: Amount(millisatoshis: 4_039))
            }
            #expect(failure?.reason == .refused)
            #expect(asked(server).isEmpty)
        }
    }

    // MARK: Following

    private static func arrived(_ payment: PaymentHash, at milliseconds: Int64) -> String {
        """
        {"paymentHash":"\(payment)","isPaid":true,"isExpired":false,"receivedSat":10,"completedAt":\(milliseconds)}
        """
    }

    /// What a stream tells of lists that follow each other; the last one stays.
    private func told(_ count: Int, of lists: [[String]], since cursor: SettlementCursor) async throws -> [Settlement] {
        let node = try FakePhoenixd()
        let rest = NIOLockedValueBox(lists)
        node.faults.react = { request in
            guard request.path == "/payments/incoming" else { return nil }
            let list = rest.withLockedValue { $0.count > 1 ? $0.removeFirst() : $0[0] }
            return .answer(200, "[\(list.joined(separator: ","))]")
        }
        return try await node.serve { backend, _ in
            var settlements = [Settlement]()
            for try await settlement in backend.settlements(since: cursor) {
                settlements.append(settlement)
                if settlements.count == count { break }
            }
            return settlements
        }
    }

    private let now = TimeSource.system.now().milliseconds
    private let payments = (0..<3).map { _ in PaymentHash(.random()) }

    @Test func `a list that repeats itself and changes its order tells of each payment once`() async throws {
        let lines = zip(payments, Int64(0)...).map { Self.arrived($0, at: now + $1) }
        let lists = [[lines[0]], [lines[0], lines[0]], [lines[0], lines[1]], [lines[2], lines[1], lines[0]]]
        let told = try await told(3, of: lists, since: SettlementCursor(position: 0))
        #expect(told.map(\.payment) == payments)
        #expect(Set(told.map(\.cursor)).count == 3)
    }

    @Test func `a payment that shows up behind a later one is told, with a cursor behind that one's`() async throws {
        let lists = [
            [Self.arrived(payments[0], at: now)],
            [Self.arrived(payments[0], at: now), Self.arrived(payments[1], at: now - 500)],
        ]
        let told = try await told(2, of: lists, since: SettlementCursor(position: 0))
        #expect(told.map(\.payment) == [payments[0], payments[1]])
        #expect(told[1].cursor.position > told[0].cursor.position)
    }

    @Test func `payments of one millisecond have cursors of their own, and are not told again behind them`()
        async throws
    {
        let lines = payments.map { Self.arrived($0, at: now) }
        let told = try await told(3, of: [lines], since: SettlementCursor(position: 0))
        #expect(Set(told.map(\.cursor)).count == 3)
        let later = PaymentHash(.random())
        let again = try await self.told(1, of: [lines + [Self.arrived(later, at: now + 1)]], since: told[2].cursor)
        #expect(again.map(\.payment) == [later])
    }

    @Test func `a clock that is far ahead is not followed`() async throws {
        let lists = [[Self.arrived(payments[0], at: now + 7_200_000)]]
        let failure = await #expect(throws: LightningFailure.self) {
            _ = try await told(1, of: lists, since: SettlementCursor(position: 0))
        }
        #expect(failure?.reason == .malformed)
    }

    @Test func `more than a page is read to its end`() async throws {
        let node = try FakePhoenixd()
        for _ in 0..<450 {
            try node.books.pay(try node.books.make(amount, memo: "", seconds: 60).invoice.paymentHash)
        }
        try await node.serve { backend, _ in
            var payments = [PaymentHash]()
            for try await settlement in backend.settlements(since: SettlementCursor(position: 0)) {
                payments.append(settlement.payment)
                if payments.count == 450 { break }
            }
            #expect(payments == node.books.paid.map(\.invoice.paymentHash))
        }
    }

    // MARK: WebSocket

    @Test func `a word by the WebSocket rings, and so does that it is connected`() async throws {
        let relay = FakeRelay(clients: []) { _ in }
        try await relay.start()
        let (rung, bell) = AsyncStream<Void>.makeStream()
        let address = try #require(WebSocketAddress(parsing: relay.address))
        let events = PhoenixdEvents(at: address, authorization: "Basic eDp4") { _ = bell.yield() }
        events.start()
        var rings = rung.makeAsyncIterator()
        _ = await rings.next()
        while relay.opened == 0 {
            await Task.yield()
        }
        relay.say(#"{"type":"payment_received"}"#)
        _ = await rings.next()
        events.stop()
        try await relay.stop()
    }

    @Test func `the WebSocket is asked for beside the node's address, with its password`() async throws {
        try await FakePhoenixd().serve { _, server in
            while !server.requests.contains(where: { $0.path == "/websocket" }) {
                await Task.yield()
            }
            let handshake = server.requests.first { $0.path == "/websocket" }
            #expect(handshake?.fields["upgrade"] == "websocket")
            #expect(handshake?.fields["authorization"] == "Basic c2x1aWNlOmh1bnRlcjI=")
        }
    }

    @Test func `the WebSocket takes the certificate that the policy gives, whatever name is in it`() async throws {
        let authorities = try #require(NodeAuthorities(pem: Identity.wallet.certificate))
        try await FakePhoenixd().serve(.wallet, trusting: authorities) { _, server in
            while !server.requests.contains(where: { $0.path == "/websocket" }) {
                await Task.yield()
            }
        }
    }

    // MARK: Webhook

    private let body = #"{"type":"payment_received","amountSat":10,"paymentHash":"00","timestamp":1712785550079}"#

    private func status(
        _ method: HTTPRequest.Method = .post,
        signature: String?,
        ring: @escaping @Sendable () -> Void = {}
    ) throws -> HTTPResponse.Status? {
        let source = TextBody(body)
        let request = RequestHead.example(
            method,
            "/",
            fields: signature.map { [("X-Phoenix-Signature", $0)] } ?? [],
            body: .length(UInt64(body.utf8.count))
        )
        let exchange = Exchange.example(request)
        exchange.bodySource = source
        return try withExtendedLifetime(source) {
            try PhoenixdWebhook(secret: Secret("s3cret"), ring: ring).decision(about: exchange)?.reply?.status
        }
    }

    private func signature(with secret: String) -> String {
        let key = SymmetricKey(data: Array(secret.utf8))
        return Hex.encoded(HMAC<SHA256>.authenticationCode(for: Array(body.utf8), using: key))
    }

    @Test func `a message that phoenixd has signed rings`() throws {
        let rings = NIOLockedValueBox(0)
        let status = try status(signature: signature(with: "s3cret")) { rings.withLockedValue { $0 += 1 } }
        #expect(status == .noContent)
        #expect(rings.withLockedValue { $0 } == 1)
    }

    @Test func `a message that somebody else has signed, or nobody, rings nothing`() throws {
        for signature in [signature(with: "another"), "", "00", nil] {
            let rings = NIOLockedValueBox(0)
            let status = try status(signature: signature) { rings.withLockedValue { $0 += 1 } }
            #expect(status == .unauthorized)
            #expect(rings.withLockedValue { $0 } == 0)
        }
    }

    @Test func `a webhook is posted to`() throws {
        #expect(try status(.get, signature: nil) == .methodNotAllowed)
    }

    // MARK: Findings

    @Test func `that phoenixd tells preimages of open invoices is told where it does`() async throws {
        try await FakePhoenixd().serve { backend, _ in
            let before = await backend.findings()
            #expect(before == [])
            _ = try await backend.makeInvoice(for: amount, memo: "tea", expiresIn: .seconds(60))
            let after = await backend.findings()
            #expect(after.count == 1)
            #expect(after.first?.hasPrefix("phoenixd tells the preimages of invoices that nobody has paid") == true)
        }
    }

    @Test func `a password that may pay where nothing is paid back is told`() async throws {
        try await FakePhoenixd(hasFullAccess: true, paysBack: false).serve { backend, _ in
            let told = await backend.findings()
            #expect(told.count == 1)
            #expect(told.first?.hasPrefix("the password of phoenixd is the one that may pay") == true)
        }
    }

    @Test func `a password that may not pay where something is paid back is told`() async throws {
        try await FakePhoenixd(hasFullAccess: false, paysBack: true).serve { backend, _ in
            let told = await backend.findings()
            #expect(told == ["'refunds' is true, and the password of phoenixd may not pay: use http-password"])
        }
    }
}
