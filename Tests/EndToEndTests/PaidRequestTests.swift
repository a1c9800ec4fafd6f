import Foundation
import GatewayKit
import GatewayTesting
import L402
import Lightning
import NIOHTTP1
import Testing

@Suite struct `A paid request` {
    @Test func `unpaid it is answered 402 with LSAT, then L402, for one invoice of the price`() async throws {
        try await TestGateway.with { gateway in
            let answer = try await gateway.request("/quotes")
            #expect(answer.status == 402)
            let lines = answer.headers["www-authenticate"]
            #expect(lines.map { $0.prefix(15) } == ["LSAT macaroon=\"", "L402 macaroon=\""])
            let challenges = L402Challenge.challenges(in: lines)
            let invoice = try Bolt11Invoice(decoding: try #require(challenges.first).invoice)
            #expect(challenges.allSatisfy { $0.invoice == invoice.text })
            #expect(invoice.amount == .satoshis(10))
            #expect(challenges.first?.payment == invoice.paymentHash)
            #expect(answer.headers["cache-control"] == ["no-store"])
            #expect(answer.headers["content-type"] == ["application/problem+json"])
            #expect(answer.body.contains("https://paymentauth.org/problems/payment-required"))
        }
    }

    @Test func `paid it reaches the upstream, which sees no credential`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let answer = try await gateway.request(
                "/quotes",
                [("Authorization", token.authorization), ("X-Kept", "yes")]
            )
            #expect(answer.status == 200)
            #expect(answer.body.hasPrefix("GET /quotes\n"))
            #expect(answer.body.contains("x-kept: yes") || answer.body.contains("X-Kept: yes"))
            #expect(!answer.body.lowercased().contains("authorization"))
            #expect(!answer.body.contains(token.preimage.bytes.hex))
        }
    }

    @Test func `the token is good for more than one request`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            for _ in 0..<5 {
                expectStatus(200, try await gateway.request("/quotes", [("Authorization", token.authorization)]))
            }
        }
    }

    @Test(arguments: ["L402", "LSAT", "l402", "lsat", "L402 "])
    func `every spelling of the scheme is understood`(scheme: String) async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let value = token.authorization.replacingOccurrences(of: "L402 ", with: "\(scheme) ")
            expectStatus(200, try await gateway.request("/quotes", [("Authorization", value)]))
        }
    }

    @Test(arguments: ["Macaroon", "Grpc-Metadata-Macaroon"])
    func `the hexadecimal forms of lnd's clients are understood, and kept from the upstream`(name: String) async throws
    {
        try await TestGateway.with { gateway in
            let metadata = try #require(try await gateway.buy("/quotes").metadata)
            let answer = try await gateway.request("/quotes", [(name, metadata)])
            #expect(answer.status == 200)
            #expect(!answer.body.contains(metadata))
        }
    }

    @Test func `both lines that Aperture's clients send are one credential`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let older = token.authorization.replacingOccurrences(of: "L402 ", with: "LSAT ")
            for lines in [
                [older, token.authorization], [token.authorization, older], [token.authorization, "Bearer x"],
            ] {
                let answer = try await gateway.request("/quotes", lines.map { ("Authorization", $0) })
                #expect(answer.status == 200, "\(lines)")
            }
        }
    }

    @Test func `an upstream's own authorization passes beside the credential`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let fields = [("Authorization", token.authorization), ("Authorization", "Bearer secret")]
            let answer = try await gateway.request("/quotes", fields)
            #expect(answer.status == 200)
            #expect(answer.body.contains("Bearer secret"))
            #expect(!answer.body.contains("L402"))
        }
    }

    @Test func `tokens outlive the gateway that sold them`() async throws {
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let token = try await TestGateway.with(folder: folder) { try await $0.buy("/quotes") }
        try await TestGateway.with(folder: folder) { gateway in
            expectStatus(200, try await gateway.request("/quotes", [("Authorization", token.authorization)]))
        }
    }

    @Test func `what was paid is settled in the store`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let payment = PaymentHash(
                try #require(token.macaroon.flatMap { L402Identifier($0.identifier) }).payment.bytes
            )
            let store = gateway.store
            try await store.flush()
            // The node's settlements are followed; the row turns when the event arrives.
            let deadline = ContinuousClock.now + .seconds(60)
            var state = try await store.invoice(payment)?.state
            while state != .settled, ContinuousClock.now < deadline {
                await Task.yield()
                state = try await store.invoice(payment)?.state
            }
            #expect(state == .settled)
        }
    }

    @Test func `while the node is down, tokens are served and sales are put off`() async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let mode = try await gateway.request(
                "/dev/behaviour",
                method: .POST,
                body: #"{"mode":"down"}"#,
                at: gateway.node
            )
            #expect(mode.status == 200)
            expectStatus(200, try await gateway.request("/quotes", [("Authorization", token.authorization)]))
            let sale = try await gateway.request("/quotes")
            #expect(sale.status == 503)
            #expect(sale.headers["retry-after"].count == 1)
            #expect(sale.headers["www-authenticate"].isEmpty)
        }
    }
}
