import GatewayKit
import GatewayTesting
import MPP
import NIOHTTP1
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A credential of a session that does not count` {
    private func expectRefusal(
        _ type: String,
        of credential: PaymentCredential,
        _ answer: TestGateway.Answer,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == 402, "\(answer.body)", sourceLocation: location)
        #expect(answer.problemType == type, "\(answer.body)", sourceLocation: location)
        #expect(answer.problem?["challengeId"]?.text == credential.challenge.id, sourceLocation: location)
        #expect(answer.payments.count == 1, "a fresh challenge", sourceLocation: location)
        #expect(answer.headers["cache-control"] == ["no-store"], sourceLocation: location)
        #expect(answer.headers["payment-receipt"].isEmpty, sourceLocation: location)
        let preimage = credential.payload["preimage"]?.text ?? "none"
        #expect(!answer.body.contains(preimage), sourceLocation: location)
    }

    private func open(
        _ challenge: PaymentChallenge,
        _ preimage: Preimage,
        returnInvoice: String
    ) -> PaymentCredential {
        PaymentCredential(
            challenge: challenge,
            payload: .texts([
                ("action", "open"), ("preimage", preimage.bytes.hex), ("returnInvoice", returnInvoice),
            ])
        )
    }

    @Test func `is malformed without what its action needs`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession()
            let good = try await client.bearer()
            let hex = client.preimage.bytes.hex
            let payloads: [[(String, String?)]] = [
                [("preimage", hex)], [("action", "steal"), ("preimage", hex)],
                [("action", "bearer"), ("preimage", hex)], [("action", "bearer"), ("sessionId", client.id)],
                [("action", "bearer"), ("sessionId", client.id), ("preimage", hex.uppercased())],
                [("action", "bearer"), ("sessionId", client.id), ("preimage", String(hex.dropLast()))],
                [("action", "topUp"), ("sessionId", client.id), ("preimage", hex)],
                [("action", "open"), ("preimage", hex)],
                [("action", "open"), ("preimage", hex), ("returnInvoice", "")],
                [("action", "close"), ("sessionId", "x"), ("preimage", hex)],
            ]
            for payload in payloads {
                let credential = PaymentCredential(challenge: good.challenge, payload: .texts(payload))
                expectRefusal(
                    "lightning/malformed-credential",
                    of: credential,
                    try await gateway.present(credential, "/echo")
                )
            }
            expectStatus(200, try await client.present(good))
        }
    }

    @Test func `proves nothing with another preimage`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession()
            let challenge = try await gateway.sessionChallenge("/echo")
            let other = Bytes32.random().hex
            for credential in [
                client.credential("bearer", challenge, [("preimage", other)]),
                client.credential("close", challenge, [("preimage", other)]),
                client.credential("topUp", challenge, [("topUpPreimage", other)]),
                // The session's own deposit is no top-up.
                client.credential("topUp", challenge, [("topUpPreimage", client.preimage.bytes.hex)]),
                open(challenge, Preimage(.random()), returnInvoice: try await gateway.returnInvoice()),
            ] {
                expectRefusal("lightning/invalid-preimage", of: credential, try await client.present(credential))
            }
            #expect(try await client.kept.spent == .satoshis(10))
        }
    }

    @Test func `names a session that there is not`() async throws {
        try await TestGateway.withSessions { gateway in
            let challenge = try await gateway.sessionChallenge("/echo")
            let deposit = try await gateway.deposited(challenge)
            // Paid, but never opened.
            let id = try challenge.requestObject()["paymentHash"]?.text
            for action in ["bearer", "close"] {
                let credential = PaymentCredential(
                    challenge: challenge,
                    payload: .texts([("action", action), ("sessionId", id), ("preimage", deposit.bytes.hex)])
                )
                expectRefusal(
                    "lightning/session-not-found",
                    of: credential,
                    try await gateway.present(credential, "/echo")
                )
            }
            let topUp = PaymentCredential(
                challenge: challenge,
                payload: .texts([
                    ("action", "topUp"), ("sessionId", Bytes32.random().hex), ("topUpPreimage", deposit.bytes.hex),
                ])
            )
            expectRefusal("lightning/session-not-found", of: topUp, try await gateway.present(topUp, "/echo"))
            // The payment is still good.
            let opening = open(challenge, deposit, returnInvoice: try await gateway.returnInvoice())
            expectStatus(200, try await gateway.present(opening, "/echo"))
        }
    }

    @Test func `has expired`() async throws {
        let time = ManualTime()
        try await TestGateway.withSessions(time: time.source) { gateway in
            let client = try await gateway.openSession()
            let bearer = try await client.bearer()
            time.advance(by: .seconds(3_600))
            expectRefusal("lightning/challenge-expired", of: bearer, try await client.present(bearer))
        }
    }

    @Test func `opens nothing with a return invoice that is none`() async throws {
        try await TestGateway.withSessions { gateway in
            let challenge = try await gateway.sessionChallenge("/echo")
            let deposit = try await gateway.deposited(challenge)
            let own = try await gateway.sessionChallenge("/echo").requestObject()["depositInvoice"]?.text
            let good = try await gateway.returnInvoice()
            let taken = try await gateway.openSession().returnInvoice
            for invoice in [
                "lnbcrt1", "lnbc1p5q3xyz", String(good.dropLast()), try #require(own), taken,
                try await gateway.returnInvoice(satoshis: 5), try await gateway.returnInvoice(expiry: 299),
            ] {
                let credential = open(challenge, deposit, returnInvoice: invoice)
                expectRefusal(
                    "lightning/invalid-return-invoice",
                    of: credential,
                    try await gateway.present(credential, "/echo")
                )
            }
            let opening = open(challenge, deposit, returnInvoice: good)
            expectStatus(200, try await gateway.present(opening, "/echo"))
        }
    }

    @Test func `pays with a deposit that was taken already`() async throws {
        try await TestGateway.withSessions { gateway in
            let first = try await gateway.openSession()
            let second = try await gateway.openSession()
            // The action is no part of the challenge: another session's deposit, as a top-up of this one.
            let stolen = PaymentCredential(
                challenge: second.opening.challenge,
                payload: .texts([
                    ("action", "topUp"), ("sessionId", first.id), ("topUpPreimage", second.preimage.bytes.hex),
                ])
            )
            expectRefusal("lightning/unknown-challenge", of: stolen, try await first.present(stolen))
            let topUp = try await first.topUp()
            expectStatus(200, try await first.present(topUp))
            let preimage = try #require(topUp.payload["topUpPreimage"]?.text.flatMap { Bytes32(hex: $0) })
            let opening = open(
                topUp.challenge,
                Preimage(preimage),
                returnInvoice: try await gateway.returnInvoice()
            )
            expectRefusal("lightning/unknown-challenge", of: opening, try await first.present(opening))
            #expect(try await first.kept.deposit == .satoshis(100))
            #expect(try await second.kept.deposit == .satoshis(50))
        }
    }

    @Test func `adds to a session that has ended: the payment opens another one`() async throws {
        try await TestGateway.withSessions { gateway in
            let client = try await gateway.openSession()
            let topUp = try await client.topUp()
            expectStatus(200, try await client.present(try await client.close()))
            expectRefusal("lightning/session-closed", of: topUp, try await client.present(topUp))
            let preimage = try #require(topUp.payload["topUpPreimage"]?.text.flatMap { Bytes32(hex: $0) })
            let opening = open(
                topUp.challenge,
                Preimage(preimage),
                returnInvoice: try await gateway.returnInvoice()
            )
            expectStatus(200, try await gateway.present(opening, "/echo"))
        }
    }

    @Test func `asks for an intent that is not offered`() async throws {
        try await TestGateway.withSessions { gateway in
            let challenge = try await gateway.sessionChallenge("/echo")
            var charge = challenge
            charge.intent = "charge"
            let answer = try await gateway.present(charge.paid(with: Preimage(.random())), "/echo")
            #expect(answer.status == 400)
            #expect(answer.problemType == "method-unsupported")
        }
    }
}
