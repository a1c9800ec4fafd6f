import Foundation
import GatewayKit
import GatewayTesting
import MPP
import Testing

@Suite(.timeLimit(.minutes(5))) struct `What is left of a session` {
    private let time = ManualTime()

    @Test func `is paid back when nobody uses the session`() async throws {
        try await TestGateway.withSessions(time: time.source) { gateway in
            let idle = try await gateway.openSession()
            let used = try await gateway.openSession()
            time.advance(by: .seconds(299))
            expectStatus(200, try await used.use())
            try await gateway.sessionBook.sweep()
            #expect(try await idle.kept.state == .open)
            time.advance(by: .seconds(1))
            try await gateway.sessionBook.sweep()
            try await gateway.until { try await idle.kept.state == .closed }
            #expect(try await idle.refund == .satoshis(40))
            #expect(try await idle.kept.ending == .idle)
            #expect(try await used.kept.state == .open)
            #expect(try await idle.use().problemType == "lightning/session-closed")
            expectStatus(200, try await used.use())
        }
    }

    @Test func `is tried again when the node could not pay it back`() async throws {
        try await TestGateway.withSessions(time: time.source) { gateway in
            let client = try await gateway.openSession()
            let close = try await client.close()
            try await gateway.setNode("never-settling")
            let failed = #"{"refundSats":40,"refundStatus":"failed","status":"closed"}"#
            #expect(try await client.present(close).body == failed)
            #expect(try await client.kept.state == .closing)
            try await gateway.setNode("normal")
            // Not before its time.
            try await gateway.sessionBook.sweep()
            #expect(try await client.kept.refundAttempts == 1)
            time.advance(by: .seconds(30))
            try await gateway.sessionBook.sweep()
            try await gateway.until { try await client.kept.state == .closed }
            #expect(try await client.refund == .satoshis(40))
            #expect(try await client.kept.refundAttempts == 2)
            // What was answered then is answered again.
            #expect(try await client.present(close).body == failed)
        }
    }

    @Test func `is tried again after a restart`() async throws {
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (hash, invoice) = try await TestGateway.withSessions(time: time.source, folder: folder) { gateway in
            let client = try await gateway.openSession()
            let close = try await client.close()
            try await gateway.setNode("never-settling")
            expectStatus(200, try await client.present(close))
            #expect(try await client.kept.state == .closing)
            return (try client.hash, client.returnInvoice)
        }
        time.advance(by: .seconds(3_600))
        try await TestGateway.withSessions(time: time.source, folder: folder) { gateway in
            // The gateway looks by itself when it starts.
            try await gateway.until { try await gateway.store.sessions.session(hash)?.state == .closed }
            let lightning = gateway.lightning
            let state = try await lightning.payment(try lightning.read(invoice).payment)
            guard case .paid(let payment) = state else {
                Issue.record("\(state)")
                return
            }
            #expect(payment.amount == .satoshis(40))
        }
    }

    @Test func `is given up when its invoice has expired, and stays on the books`() async throws {
        try await TestGateway.withSessions(time: time.source) { gateway in
            let client = try await gateway.openSession()
            let close = try await client.close()
            try await gateway.setNode("never-settling")
            expectStatus(200, try await client.present(close))
            time.advance(by: .seconds(31 * 86_400))
            try await gateway.sessionBook.sweep()
            try await gateway.until { try await client.kept.state == .givenUp }
            #expect(try await client.kept.balance == .satoshis(40))
            #expect(try await client.refund == nil)
        }
    }

    @Test func `is paid back although no service is there`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession("/down", status: 502)
            let topUp = try await client.topUp()
            #expect(try await client.present(topUp).body == #"{"status":"ok"}"#)
            let closed = try await client.present(try await client.close())
            #expect(closed.body == #"{"refundSats":100,"refundStatus":"succeeded","status":"closed"}"#)
        }
    }

    @Test func `is not paid back while a response goes on`() async throws {
        try await TestGateway.withSessions(time: time.source) { gateway in
            let client = try await gateway.openSession()
            let book = try gateway.sessionBook
            let account = book.account(of: try await client.kept, challengeID: "x")
            let stream = account.beginStream {}
            time.advance(by: .seconds(300))
            await book.sweep()
            #expect(try await client.kept.state == .open)
            #expect(try await client.kept.usedAt == time.now)
            account.endStream(stream)
            time.advance(by: .seconds(300))
            await book.sweep()
            try await gateway.until { try await client.kept.state == .closed }
        }
    }
}
