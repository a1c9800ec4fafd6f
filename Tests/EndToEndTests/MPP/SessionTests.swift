import Foundation
import GatewayKit
import GatewayTesting
import MPP
import NIOHTTP1
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A session` {
    private func sats(_ count: UInt64) -> Amount { Amount(millisatoshis: count * 1_000) }

    @Test func `opens, is spent, topped up and closed`() async throws {
        try await TestGateway.withSessions { gateway in
            let challenge = try await gateway.sessionChallenge("/echo")
            let request = try challenge.requestObject()
            #expect(request["amount"]?.text == "10")
            #expect(request["currency"]?.text == "sat")
            #expect(request["depositAmount"]?.text == "50")
            #expect(request["idleTimeout"]?.text == "300")
            #expect(request["unitType"]?.text == "request")
            #expect(request["sessionMode"] == nil)

            let client = try await gateway.openSession()
            #expect(client.answer.body.hasPrefix("GET /echo\n"))
            #expect(!client.answer.body.lowercased().contains("payment"))
            let receipt = try #require(client.answer.receipt)
            #expect(receipt.method == "lightning")
            #expect(receipt.reference == client.id)
            #expect(receipt.challengeID == client.opening.challenge.id)
            #expect(receipt.members.first { $0.name == "sessionMode" }?.value.text == "plain")
            #expect(client.answer.headers["cache-control"] == ["private"])
            #expect(client.secret == nil)

            for _ in 0..<4 {
                let answer = try await client.use()
                #expect(answer.body.hasPrefix("GET /echo\n"))
                #expect(answer.receipt?.reference == client.id)
            }
            let exhausted = try await client.use()
            #expect(exhausted.status == 402)
            #expect(exhausted.problemType == "lightning/insufficient-balance")
            #expect(exhausted.payments.count == 1)

            let added = try await client.present(try await client.topUp())
            #expect(added.status == 200)
            #expect(added.body == #"{"status":"ok"}"#)
            #expect(added.headers["content-type"] == ["application/json"])
            #expect(added.receipt?.reference == client.id)
            expectStatus(200, try await client.use())

            let closed = try await client.present(try await client.close())
            #expect(closed.status == 200)
            #expect(closed.body == #"{"refundSats":40,"refundStatus":"succeeded","status":"closed"}"#)
            #expect(closed.receipt?.members.first { $0.name == "refundStatus" }?.value.text == "succeeded")
            #expect(closed.receipt?.value.canonical.contains(#""refundSats":40"#) == true)
            #expect(try await client.refund == sats(40))
            let kept = try await client.kept
            #expect(kept.state == .closed)
            #expect(kept.deposit == sats(100))
            #expect(kept.spent == sats(60))
            #expect(kept.balance == .zero)

            let late = try await client.use()
            #expect(late.status == 402)
            #expect(late.problemType == "lightning/session-closed")
        }
    }

    @Test func `that is used up is closed without a refund`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession()
            for _ in 0..<4 { expectStatus(200, try await client.use()) }
            let closed = try await client.present(try await client.close())
            #expect(closed.body == #"{"refundSats":0,"refundStatus":"skipped","status":"closed"}"#)
            #expect(try await client.refund == nil)
        }
    }

    @Test func `is one for all routes of its service, and for no other`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession()
            expectStatus(204, try await client.use(at: "/status/204"))
            let foreign = try await client.use(at: "/count")
            #expect(foreign.status == 402)
            #expect(foreign.problemType == "lightning/session-not-found")
            #expect(try await client.kept.spent == sats(20))
        }
    }

    @Test func `is never overdrawn by requests that come together`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession()
            var credentials = [PaymentCredential]()
            for _ in 0..<16 { credentials.append(try await client.bearer()) }
            let answers = try await withThrowingTaskGroup(of: TestGateway.Answer.self) { group in
                for credential in credentials {
                    group.addTask { try await client.present(credential) }
                }
                return try await group.reduce(into: [TestGateway.Answer]()) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 200 } == 4)
            #expect(answers.count { $0.problemType == "lightning/insufficient-balance" } == 12)
            #expect(try await client.kept.spent == sats(50))
        }
    }

    @Test func `goes on after a restart`() async throws {
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (opening, answer, preimage, id, used) = try await TestGateway.withSessions(folder: folder) { gateway in
            let client = try await gateway.openSession()
            let bearer = try await client.bearer()
            expectStatus(200, try await client.present(bearer))
            try await gateway.until { try await !gateway.store.values(withPrefix: "mpp/answer/").isEmpty }
            return (client.opening, client.answer, client.preimage, client.id, bearer)
        }
        // A mint is made for each folder, so another name of it stands for another process.
        try await TestGateway.withSessions(folder: folder + "/.") { gateway in
            let client = SessionClient(
                gateway: gateway,
                path: "/echo",
                opening: opening,
                answer: answer,
                preimage: preimage,
                returnInvoice: "",
                id: id,
                secret: nil
            )
            // What opened it is answered again, and pays for nothing more; other answers are not kept that long.
            #expect(try await client.present(opening).body == answer.body)
            let late = try await client.present(used)
            #expect(late.status == 402)
            #expect(late.problemType == "lightning/unknown-challenge")
            for _ in 0..<3 { expectStatus(200, try await client.use()) }
            #expect(try await client.use().problemType == "lightning/insufficient-balance")
        }
    }

    @Test func `costs what it did when it was opened, or nothing is sold on it`() async throws {
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (client, cheap) = try await TestGateway.withSessions(folder: folder) { gateway in
            let client = try await gateway.openSession()
            return (client, try await client.bearer())
        }
        try await TestGateway.withSessions(folder: folder, price: "30 sat") { gateway in
            let now = SessionClient(
                gateway: gateway,
                path: "/echo",
                opening: client.opening,
                answer: client.answer,
                preimage: client.preimage,
                returnInvoice: client.returnInvoice,
                id: client.id,
                secret: nil
            )
            let dear = try await now.use()
            #expect(dear.status == 402)
            #expect(dear.problemType == "invalid-challenge")
            // What was quoted stands.
            expectStatus(200, try await now.present(cheap))
            let closed = try await now.present(try await now.close())
            #expect(closed.body == #"{"refundSats":30,"refundStatus":"succeeded","status":"closed"}"#)
        }
    }

    @Test func `is offered beside a charge, and a payment buys one of them`() async throws {
        try await TestGateway.withSessions { gateway in
            let answer = try await gateway.request("/both")
            #expect(answer.payments.map(\.intent) == ["charge", "session"])
            // The deposit is the price here, so both share an invoice.
            let preimage = try await gateway.deposited(answer.payments[1])
            let charge = answer.payments[0].paid(with: preimage)
            let open = PaymentCredential(
                challenge: answer.payments[1],
                payload: .texts([
                    ("action", "open"), ("preimage", preimage.bytes.hex),
                    ("returnInvoice", try await gateway.returnInvoice()),
                ])
            )
            expectStatus(200, try await gateway.present(charge, "/both"))
            let refused = try await gateway.present(open, "/both")
            #expect(refused.status == 402)
            #expect(refused.problemType == "lightning/unknown-challenge")
            let only = try await gateway.request("/both", [("Accept-Payment", "lightning/session")])
            #expect(only.payments.map(\.intent) == ["session"])
        }
    }

    // MARK: Replays

    @Test func `a top-up that is sent again is answered again and counts once`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession()
            let topUp = try await client.topUp()
            let answers = try await withThrowingTaskGroup(of: TestGateway.Answer.self) { group in
                for _ in 0..<8 { group.addTask { try await client.present(topUp) } }
                return try await group.reduce(into: [TestGateway.Answer]()) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 && $0.body == #"{"status":"ok"}"# && $0.receipt != nil })
            #expect(try await client.kept.deposit == sats(100))
            #expect(try await client.kept.spent == sats(10))
        }
    }

    @Test func `a close that is sent again is answered as it was, and pays back once`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession()
            let close = try await client.close()
            let answers = try await withThrowingTaskGroup(of: TestGateway.Answer.self) { group in
                for _ in 0..<8 { group.addTask { try await client.present(close) } }
                return try await group.reduce(into: [TestGateway.Answer]()) { $0.append($1) }
            }
            let expected = #"{"refundSats":40,"refundStatus":"succeeded","status":"closed"}"#
            #expect(answers.allSatisfy { $0.status == 200 && $0.body == expected })
            #expect(try await client.refund == sats(40))
            let other = try await client.present(try await client.close())
            #expect(other.status == 402)
            #expect(other.problemType == "lightning/session-closed")
        }
    }

    // MARK: Requests that nobody serves

    @Test func `pays for nothing that reached no upstream`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession("/down", status: 502)
            #expect(client.answer.receipt == nil)
            for _ in 0..<2 {
                let answer = try await client.use()
                #expect(answer.status == 502)
                #expect(answer.headers["payment-receipt"].isEmpty)
            }
            let closed = try await client.present(try await client.close())
            #expect(closed.body == #"{"refundSats":50,"refundStatus":"succeeded","status":"closed"}"#)
        }
    }

    @Test func `pays for nothing that a stage behind the price refuses`() async throws {
        try await TestGateway.with(
            routes: """
                  - name: limited
                    match: { path: /echo }
                    pipeline:
                      - auth: { use: mpp, intents: session, deposit: 50 sat }
                      - price: 10 sat
                      - rate-limit: { limit: 1/h, burst: 1, per: address }
                      - forward: echo
                """
        ) { gateway in
            let client = try await gateway.openSession()
            expectStatus(429, try await client.use())
            let closed = try await client.present(try await client.close())
            #expect(closed.body == #"{"refundSats":40,"refundStatus":"succeeded","status":"closed"}"#)
        }
    }

    @Test func `pays for failures, unless the route charges on success`() async throws {
        try await TestGateway.withSessions { gateway in
            let strict = try await gateway.openSession("/status/503", status: 503)
            let lenient = try await gateway.openSession("/lenient/status/503", status: 503)
            for (client, rest) in [(strict, 40), (lenient, 50)] {
                #expect(client.answer.headers["payment-receipt"].isEmpty)
                let closed = try await client.present(try await client.close())
                #expect(closed.body == #"{"refundSats":\#(rest),"refundStatus":"succeeded","status":"closed"}"#)
            }
        }
    }

    @Test func `waits for the node's word where the policy says so`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession("/asked")
            let challenge = try await gateway.sessionChallenge("/asked")
            let invoice = try #require(try challenge.requestObject()["depositInvoice"]?.text)
            let preimage = try await gateway.preimage(of: invoice)
            let topUp = client.credential("topUp", challenge, [("topUpPreimage", preimage.bytes.hex)])
            let bearer = try await client.bearer()
            try await gateway.setNode("down")
            let refused = try await client.present(topUp)
            #expect(refused.status == 503)
            #expect(refused.problemType == "internal-payment-error")
            // What was deposited needs no node.
            expectStatus(200, try await client.present(bearer))
            try await gateway.setNode("normal")
            _ = try await gateway.pay(invoice)
            #expect(try await client.present(topUp).body == #"{"status":"ok"}"#)
            #expect(try await client.kept.deposit == sats(400))
        }
    }

    @Test func `tells those who wait for a top-up, and those who wait for nothing`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession()
            let account = try gateway.sessionBook.account(of: try await client.kept, challengeID: "x")
            let stream = account.beginStream {}
            defer { account.endStream(stream) }
            guard case .taken(let balance) = try await account.debit(units: 4) else {
                Issue.record("the rest of the deposit was not taken")
                return
            }
            #expect(balance == SessionBalance(deposit: sats(50), spent: sats(50)))
            #expect(
                try await account.debit(units: 2) == .insufficient(balance, required: sats(20)),
                "nothing is taken"
            )
            async let toppedUp: Void = account.balanceChange(after: balance)
            expectStatus(200, try await client.present(try await client.topUp()))
            try await toppedUp
            guard case .taken = try await account.debit(units: 5) else {
                Issue.record("the top-up was not taken")
                return
            }
            await account.giveBack(units: 2)
            #expect(try await client.kept.spent == sats(80))
            async let ended: Void = account.balanceChange(after: SessionBalance(deposit: sats(100), spent: sats(80)))
            await account.end()
            try await ended
            #expect(try await account.debit(units: 1) == .closed)
            try await gateway.until { try await client.refund == sats(20) }
            #expect(try await client.kept.ending == .timeout)
            #expect(
                account.shortage(spent: sats(30), required: sats(2))
                    == #"{"balanceRequired":2,"balanceSpent":30,"sessionId":"\#(client.id)"}"#
            )
            let receipt = try JSONReader.value(of: Array(account.receipt(spent: sats(20), units: 2).utf8))
            #expect(receipt["reference"]?.text == client.id)
            #expect(receipt["status"]?.text == "success")
            #expect(receipt.canonical.contains(#""spent":20"#) && receipt.canonical.contains(#""units":2"#))
        }
    }

    // MARK: Secrets

    @Test func `that is bound needs its secret for everything`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession("/bound")
            let request = try client.opening.challenge.requestObject()
            #expect(request["sessionMode"]?.text == "bound")
            #expect(request["depositAmount"]?.text == "200", "twenty times the price")
            #expect(client.answer.receipt?.members.first { $0.name == "sessionMode" }?.value.text == "bound")
            #expect(client.secret?.count == 64)
            let thief = SessionClient(
                gateway: gateway,
                path: client.path,
                opening: client.opening,
                answer: client.answer,
                preimage: client.preimage,
                returnInvoice: client.returnInvoice,
                id: client.id,
                secret: nil
            )
            for credential in [try await thief.bearer(), try await thief.topUp(), try await thief.close()] {
                let answer = try await thief.present(credential)
                #expect(answer.status == 402)
                #expect(answer.problemType == "verification-failed")
                // Nothing was used up: the same challenge serves whoever has the secret.
                let mended = PaymentCredential(
                    challenge: credential.challenge,
                    payload: .texts(
                        [("sessionSecret", client.secret)]
                            + ["action", "sessionId", "preimage", "topUpPreimage"].map {
                                ($0, credential.payload[$0]?.text)
                            }
                    )
                )
                let served = try await client.present(mended)
                #expect(served.status == 200)
                #expect(served.headers["payment-session-secret"].isEmpty, "it is told once")
            }
        }
    }
}
