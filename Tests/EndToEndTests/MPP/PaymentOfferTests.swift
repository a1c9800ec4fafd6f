import GatewayKit
import GatewayTesting
import L402
import Lightning
import MPP
import NIOHTTP1
import Testing

@Suite struct `An offer of mpp` {
    @Test func `is a 402 that no cache keeps, with a problem that names the challenge`() async throws {
        try await TestGateway.withPayments { gateway in
            let answer = try await gateway.request("/echo")
            #expect(answer.status == 402)
            #expect(answer.headers["cache-control"] == ["no-store"])
            #expect(answer.headers["content-type"] == ["application/problem+json"])
            #expect(answer.headers["www-authenticate"].count == 1)
            let challenge = try #require(answer.payments.first)
            #expect(answer.problemType == "payment-required")
            #expect(answer.problem?["title"]?.text == "Payment Required")
            #expect(answer.problem?["challengeId"]?.text == challenge.id)
            #expect(challenge.realm == "127.0.0.1")
            #expect([challenge.method, challenge.intent] == ["lightning", "charge"])
            #expect(challenge.header == nil)
            #expect(challenge.digest == nil)
        }
    }

    @Test func `asks for the amount, the hash and the network of its invoice, in canonical form`() async throws {
        try await TestGateway.withPayments { gateway in
            let challenge = try #require(try await gateway.request("/echo").payments.first)
            let request = try challenge.requestObject()
            #expect(challenge.request == Base64.url.encoded(request.canonical))
            let details = try #require(request["methodDetails"])
            let invoice = try Bolt11Invoice(decoding: try #require(details["invoice"]?.text))
            #expect(request["amount"]?.text == "10")
            #expect(invoice.amount == .satoshis(10))
            #expect(request["currency"]?.text == "sat")
            #expect(details["paymentHash"]?.text == invoice.paymentHash.description)
            #expect(details["network"]?.text == "regtest")
            let expires = try #require(challenge.expires.flatMap { Timestamp.time($0) })
            #expect(expires <= invoice.expiresAt)
        }
    }

    @Test func `a price in parts of a satoshi is rounded up for all schemes`() async throws {
        try await TestGateway.withPayments { gateway in
            let answer = try await gateway.request("/reversed")
            let challenge = try #require(answer.payments.first)
            #expect(try challenge.requestObject()["amount"]?.text == "11")
            #expect(try Bolt11Invoice(decoding: try #require(answer.challenge).invoice).amount == .satoshis(11))
        }
    }

    @Test(arguments: [("/both", ["LSAT", "L402", "Payment"]), ("/reversed", ["Payment", "LSAT", "L402"])])
    func `stands where the policy has it, and shares the invoice of the others`(path: String, order: [String])
        async throws
    {
        try await TestGateway.withPayments { gateway in
            let answer = try await gateway.request(path)
            let lines = answer.headers["www-authenticate"]
            #expect(lines.map { String($0.prefix { $0 != " " }) } == order)
            let invoice = try answer.payments.first?.requestObject()["methodDetails"]?["invoice"]?.text
            #expect(invoice != nil)
            #expect(answer.challenge?.invoice == invoice)
        }
    }

    @Test func `is bound to a short body, and to none that says not how long it is`() async throws {
        try await TestGateway.withPayments { gateway in
            let short = try await gateway.request("/count", method: .POST, body: #"{"q":"oslo"}"#)
            #expect(short.payments.first?.digest == "sha-256=:fOedixYg/WRcFQIAFIf+UB3LBTw4JeZNjbYbJNeK1T0=:")
            let long = try await gateway.request("/count", method: .POST, body: String(repeating: "a", count: 65_537))
            #expect(long.status == 402)
            #expect(long.payments.first?.digest == nil)
        }
    }

    @Test func `for a route that keeps Authorization for its upstream names the other field`() async throws {
        try await TestGateway.withPayments { gateway in
            let challenge = try #require(try await gateway.request("/kept").payments.first)
            #expect(challenge.header == "Payment-Authorization")
            #expect(challenge.realm == "api.example.com")
            let credential = try await gateway.paid(challenge)
            let wrong = try await gateway.present(credential, "/kept")
            #expect(wrong.status == 402)
            #expect(wrong.problemType == "invalid-challenge")
            let fields = [("Authorization", "Bearer mine"), ("Payment-Authorization", credential.authorization)]
            let answer = try await gateway.request("/kept", fields)
            #expect(answer.status == 200)
            #expect(answer.body.contains("Bearer mine"))
            #expect(!answer.body.lowercased().contains("payment"))
            #expect(answer.headers["cache-control"] == ["private"])
            #expect(try await gateway.request("/kept", fields).headers["cache-control"] == ["no-store"])
        }
    }

    @Test func `a credential for Authorization counts nowhere else`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            let answer = try await gateway.request("/echo", [("Payment-Authorization", credential.authorization)])
            #expect(answer.status == 402)
            #expect(answer.problemType == "invalid-challenge")
            expectStatus(200, try await gateway.present(credential, "/echo"))
        }
    }

    @Test(arguments: ["stripe/charge", "nonsense", "lightning/charge;q=0.5", "*/*"])
    func `is made for every preference that leaves nothing else`(preference: String) async throws {
        try await TestGateway.withPayments { gateway in
            let answer = try await gateway.request("/echo", [("Accept-Payment", preference)])
            #expect(answer.payments.count == 1)
        }
    }

    @Test func `is not made while the node is down`() async throws {
        try await TestGateway.withPayments { gateway in
            _ = try await gateway.request("/dev/behaviour", method: .POST, body: #"{"mode":"down"}"#, at: gateway.node)
            let answer = try await gateway.request("/echo")
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"].count == 1)
            #expect(answer.headers["www-authenticate"].isEmpty)
        }
    }

    @Test func `reaches gRPC clients beside those of L402, in trailers only`() async throws {
        try await TestGateway.withPayments { gateway in
            let answer = try await gateway.request(
                "/both",
                method: .POST,
                [("Content-Type", "application/grpc+proto"), ("TE", "trailers")],
                body: "\0\0\0\0\0"
            )
            #expect(answer.status == 200)
            #expect(answer.headers["grpc-status"] == ["13"])
            #expect(answer.headers["grpc-message"] == ["payment required"])
            #expect(answer.headers["www-authenticate"].map { $0.prefix(5) } == ["LSAT ", "L402 ", "Payme"])
            #expect(answer.body.isEmpty)
            #expect(answer.headers["payment-receipt"].isEmpty)
        }
    }
}
