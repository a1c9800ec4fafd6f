import Foundation
import GatewayKit
import GatewayTesting
import L402
import MPP
import NIOHTTP1
import Testing
import sluice

@Suite struct `A charged request` {
    @Test func `is served once, with a receipt, and the upstream sees nothing of the payment`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            let answer = try await gateway.present(
                credential,
                "/echo",
                [("Accept-Payment", "lightning/charge"), ("Payment-Receipt", "forged"), ("X-Kept", "yes")]
            )
            #expect(answer.status == 200)
            let body = answer.body.lowercased()
            #expect(body.contains("x-kept: yes"))
            #expect(!body.contains("payment"))
            #expect(!body.contains("authorization"))
            let receipt = try #require(answer.receipt)
            let request = try credential.challenge.requestObject()
            #expect(receipt.method == "lightning")
            #expect(receipt.challengeID == credential.challenge.id)
            #expect(receipt.reference == request["methodDetails"]?["paymentHash"]?.text)
            #expect(answer.headers["payment-receipt"].count == 1)
            #expect(answer.headers["cache-control"] == ["private"])
            let again = try await gateway.present(credential, "/echo")
            #expect(again.status == 402)
            #expect(again.problemType == "lightning/unknown-challenge")
            #expect(again.problem?["challengeId"]?.text == credential.challenge.id)
        }
    }

    @Test func `sent by many at the same time is served to one`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<24 {
                    group.addTask { try await gateway.present(credential, "/echo").status }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: 1, 402: 23])
        }
    }

    @Test func `outlives the gateway that sold it, and is used up for the next one too`() async throws {
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // The host stands in the challenge, not the port.
        let credentials = try await TestGateway.withPayments(folder: folder) { gateway in
            let used = try await gateway.charge("/echo")
            expectStatus(200, try await gateway.present(used, "/echo"))
            return (used, try await gateway.charge("/echo"))
        }
        try await TestGateway.withPayments(folder: folder) { gateway in
            expectStatus(402, try await gateway.present(credentials.0, "/echo"))
            expectStatus(200, try await gateway.present(credentials.1, "/echo"))
        }
    }

    @Test func `outlives a new secret, until the old one is taken out`() async throws {
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let keyring = folder + "/mpp.keyring"
        let credentials = try await TestGateway.withPayments(folder: folder) { gateway in
            (try await gateway.charge("/echo"), try await gateway.charge("/echo"))
        }
        let first = try String(contentsOfFile: keyring, encoding: .utf8)
        let second = "2 \(String(repeating: "5a", count: 32))\n"
        #expect(first.hasSuffix("\n"))
        // A mint is made for each folder, so another name of it stands for another process.
        try (first + second).write(toFile: keyring, atomically: false, encoding: .utf8)
        try await TestGateway.withPayments(folder: folder + "/.") { gateway in
            expectStatus(200, try await gateway.present(credentials.0, "/echo"))
            expectStatus(200, try await gateway.present(try await gateway.charge("/echo"), "/echo"))
        }
        try second.write(toFile: keyring, atomically: false, encoding: .utf8)
        try await TestGateway.withPayments(folder: folder + "/./.") { gateway in
            let answer = try await gateway.present(credentials.1, "/echo")
            #expect(answer.status == 402)
            #expect(answer.problemType == "lightning/unknown-challenge")
        }
    }

    @Test(arguments: [404, 500, 503]) func `whose answer is no success has no receipt, and is used up`(status: Int)
        async throws
    {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/status/\(status)")
            let answer = try await gateway.present(credential, "/status/\(status)")
            #expect(answer.status == status)
            #expect(answer.headers["payment-receipt"].isEmpty)
            expectStatus(402, try await gateway.present(credential, "/status/\(status)"))
        }
    }

    @Test func `whose answer is a success has the gateway's receipt alone, and no shared cache keeps it`() async throws
    {
        try await TestGateway.withPayments { gateway in
            let answer = try await gateway.present(try await gateway.charge("/status/206"), "/status/206")
            #expect(answer.status == 206)
            #expect(answer.headers["payment-receipt"].count == 1)
            #expect(answer.receipt != nil)
            #expect(answer.headers["cache-control"] == ["max-age=60, private"])
        }
    }

    @Test func `with charge-on success is used up by a success only`() async throws {
        try await TestGateway.withPayments { gateway in
            let failing = try await gateway.charge("/lenient/status/503")
            for _ in 0..<3 {
                let answer = try await gateway.present(failing, "/lenient/status/503")
                #expect(answer.status == 503)
                #expect(answer.headers["payment-receipt"].isEmpty)
            }
            for (path, status) in [("/lenient/status/200", 200), ("/lenient/status/404", 404)] {
                let credential = try await gateway.charge(path)
                expectStatus(status, try await gateway.present(credential, path))
                expectStatus(402, try await gateway.present(credential, path))
            }
        }
    }

    @Test func `with charge-on success that many send at the same time reaches the upstream one at a time`()
        async throws
    {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/lenient/echo")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 {
                    group.addTask { try await gateway.present(credential, "/lenient/echo").status }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: 1, 402: 15])
        }
    }

    @Test func `that never reached an upstream may be sent again`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/down")
            for _ in 0..<3 {
                let answer = try await gateway.present(credential, "/down")
                #expect(answer.status == 502)
                #expect(answer.headers["payment-receipt"].isEmpty)
            }
        }
    }

    @Test func `that a rate limit refuses is not used up`() async throws {
        let time = ManualTime()
        try await TestGateway.withPayments(time: time.source) { gateway in
            let credential = try await gateway.charge("/slow")
            // The second of two that may come now.
            expectStatus(402, try await gateway.request("/slow"))
            expectStatus(429, try await gateway.present(credential, "/slow"))
            // The offer does not outlast the hour that a bucket takes to fill, so the clock goes on by less.
            time.advance(by: .seconds(3_590))
            expectStatus(429, try await gateway.present(credential, "/slow"))
            #expect(try await gateway.store.claim(credential.payment))
        }
    }

    @Test func `is served while the node is down, by the preimage or by what the node told before`() async throws {
        try await TestGateway.withPayments { gateway in
            let served = try await gateway.charge("/echo")
            let asked = try await gateway.charge("/asked")
            let payment = try asked.payment
            while !gateway.policy.settlements.knows(payment) { await Task.yield() }
            _ = try await gateway.request("/dev/behaviour", method: .POST, body: #"{"mode":"down"}"#, at: gateway.node)
            expectStatus(200, try await gateway.present(served, "/echo"))
            expectStatus(200, try await gateway.present(asked, "/asked"))
        }
    }

    // MARK: One payment, two doors

    @Test func `a payment that a charge took opens nothing as a token`() async throws {
        try await TestGateway.withPayments { gateway in
            let (credential, token) = try await gateway.buyBoth()
            expectStatus(200, try await gateway.present(credential, "/both"))
            let answer = try await gateway.request("/both", [("Authorization", token.authorization)])
            #expect(answer.status == 402)
            #expect(answer.problem?["reason"]?.text == "used")
        }
    }

    @Test func `a payment that a token took is no charge, and the token goes on`() async throws {
        try await TestGateway.withPayments { gateway in
            let (credential, token) = try await gateway.buyBoth()
            for _ in 0..<3 {
                let answer = try await gateway.request("/both", [("Authorization", token.authorization)])
                expectStatus(200, answer)
                #expect(answer.headers["payment-receipt"].isEmpty)
            }
            let charge = try await gateway.present(credential, "/both")
            #expect(charge.status == 402)
            #expect(charge.problemType == "lightning/unknown-challenge")
            expectStatus(200, try await gateway.request("/both", [("Authorization", token.authorization)]))
        }
    }

    @Test func `of a token and a charge at the same time one wins`() async throws {
        try await TestGateway.withPayments { gateway in
            for _ in 0..<4 {
                let (credential, token) = try await gateway.buyBoth()
                async let charge = gateway.present(credential, "/both").status
                async let bought = gateway.request("/both", [("Authorization", token.authorization)]).status
                #expect(try await [charge, bought].sorted() == [200, 402])
            }
        }
    }

    // MARK: Idempotency

    @Test func `with an idempotency key is answered again as it was`() async throws {
        try await TestGateway.withPayments { gateway in
            let key = ("Idempotency-Key", "k1")
            let credential = try await gateway.charge("/echo", method: .POST, body: "x")
            let first = try await gateway.present(credential, "/echo", method: .POST, [key, ("X-Try", "1")], body: "x")
            expectStatus(200, first)
            let second = try await gateway.present(
                credential,
                "/echo",
                method: .POST,
                [key, ("X-Try", "2")],
                body: "x"
            )
            expectStatus(200, second)
            #expect(second.body == first.body)
            #expect(second.receipt?.reference == first.receipt?.reference)
            #expect(second.headers["cache-control"] == first.headers["cache-control"])
            #expect(second.headers["content-type"] == first.headers["content-type"])
        }
    }

    @Test func `sent by many with an idempotency key is served once, and answered to those who come later`()
        async throws
    {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            let answers = try await withThrowingTaskGroup(of: TestGateway.Answer.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        try await gateway.present(
                            credential,
                            "/echo",
                            [("Idempotency-Key", "k1"), ("X-Try", "\(number)")]
                        )
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let served = answers.filter { $0.status == 200 }
            #expect(!served.isEmpty)
            #expect(Set(served.map(\.body)).count == 1)
            #expect(answers.allSatisfy { $0.status == 200 || ($0.status == 409 && !$0.headers["retry-after"].isEmpty) })
        }
    }

    @Test func `with the key of another request conflicts`() async throws {
        try await TestGateway.withPayments { gateway in
            let key = ("Idempotency-Key", "k1")
            let credential = try await gateway.charge("/count", method: .POST, body: "x")
            expectStatus(200, try await gateway.present(credential, "/count", method: .POST, [key], body: "x"))
            let conflict = try await gateway.present(credential, "/count", method: .POST, [key], body: "y")
            #expect(conflict.status == 422)
            #expect(conflict.headers["www-authenticate"].isEmpty)
            let other = try await gateway.present(
                credential,
                "/count",
                method: .POST,
                [("Idempotency-Key", "k2")],
                body: "x"
            )
            #expect(other.status == 402)
            #expect(other.problemType == "lightning/unknown-challenge")
        }
    }

    @Test func `with an idempotency key and without one is served once`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            expectStatus(200, try await gateway.present(credential, "/echo"))
            let again = try await gateway.present(credential, "/echo", [("Idempotency-Key", "k1")])
            #expect(again.status == 402)
        }
    }

    @Test func `whose answer is too long to be kept is not served again`() async throws {
        try await TestGateway.withPayments { gateway in
            let key = ("Idempotency-Key", "k1")
            let path = "/zeros/2000000"
            let credential = try await gateway.charge(path)
            expectStatus(200, try await gateway.present(credential, path, [key]))
            expectStatus(402, try await gateway.present(credential, path, [key]))
        }
    }

    @Test func `whose answer is kept no longer is not served again`() async throws {
        let time = ManualTime()
        try await TestGateway.with(
            routes: """
                  - name: short
                    match: { path: /echo }
                    pipeline:
                      - auth: { use: mpp, replay-for: 10s }
                      - rate-limit: { limit: 1000/s }
                      - price: 10 sat
                      - forward: echo
                """,
            time: time.source
        ) { gateway in
            let key = ("Idempotency-Key", "k1")
            let credential = try await gateway.charge("/echo")
            expectStatus(200, try await gateway.present(credential, "/echo", [key]))
            time.advance(by: .seconds(9))
            expectStatus(200, try await gateway.present(credential, "/echo", [key]))
            time.advance(by: .seconds(1))
            expectStatus(402, try await gateway.present(credential, "/echo", [key]))
        }
    }

    @Test func `a free route forwards no credential`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            let answer = try await gateway.present(
                credential,
                "/free/echo",
                [("Payment-Authorization", "Payment x"), ("Accept-Payment", "*/*")]
            )
            #expect(answer.status == 200)
            #expect(!answer.body.lowercased().contains("payment"))
            #expect(!answer.body.lowercased().contains("authorization"))
        }
    }
}

extension PaymentCredential {
    var payment: PaymentHash {
        get throws {
            let hash = try challenge.requestObject()["methodDetails"]?["paymentHash"]?.text
            return PaymentHash(try #require(hash.flatMap { Bytes32(hex: $0) }))
        }
    }
}

extension TestGateway {
    /// Pays the one invoice of `/both` and makes both credentials of it.
    func buyBoth() async throws -> (PaymentCredential, L402Token) {
        let answer = try await request("/both")
        let offer = try #require(answer.payments.first)
        let preimage = try await pay(try #require(answer.challenge).invoice)
        return (offer.paid(with: preimage), try #require(answer.challenge).paid(with: preimage))
    }
}
