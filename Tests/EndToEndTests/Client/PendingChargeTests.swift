import GatewayKit
import Lightning
import MPP
import Testing
import sluice

@Suite struct `A charge whose answer did not come` {
    private static let routes = TestGateway.paymentRoutes

    /// What the file holds of `/echo`.
    private func pending(_ shopper: Shopper) throws -> PendingCharge? {
        try shopper.cache.takeUp(origin: shopper.origin, request: "GET /echo")
    }

    @Test func `because the wallet was not heard is presented by the next run, and not paid again`() async throws {
        try await Shopper.with(routes: Self.routes) { call, node in
            let reply = try await node(call)
            return call.isPayment ? .walletIsAway : reply
        } _: { shopper in
            let first = try await shopper.get("/echo")
            #expect(first.status == 3)
            #expect(first.output.isEmpty)
            #expect(first.error.contains("the next run asks for the same one"))
            #expect(try shopper.folder.mode("kept/tokens.json") == 0o600)
            let second = try await shopper.get("/echo", ["-v"])
            #expect(second.status == 0, "\(second.error)")
            #expect(second.text.hasPrefix("GET /echo\n"))
            #expect(second.steps.contains("the wallet has paid it already"))
            #expect(shopper.payments.count == 1)
            #expect(try pending(shopper) == nil)
        }
    }

    @Test func `because the process died after it had paid is presented by the next run`() async throws {
        try await Shopper.with(routes: Self.routes) { shopper in
            let credential = try await shopper.gateway.charge("/echo")
            let preimage = try #require(credential.payload["preimage"]?.text.flatMap { Bytes32(hex: $0) })
            let charge = try Self.charge(credential.challenge, shopper, paidWith: Preimage(preimage))
            try shopper.cache.reserve(charge)
            try shopper.cache.keep(charge)
            let result = try await shopper.get("/echo", ["-v"])
            // The process that bought it is this one, which still runs.
            #expect(result.status == 0, "\(result.error)")
            #expect(shopper.payments.count == 1)
            try Self.leave(charge, in: shopper)
            let next = try await shopper.get("/echo", ["-v"])
            #expect(next.status == 0, "\(next.error)")
            #expect(next.text.hasPrefix("GET /echo\n"))
            #expect(next.steps.contains("an earlier run paid for this, and got no answer"))
            #expect(shopper.payments.count == 1)
            #expect(try pending(shopper) == nil)
        }
    }

    @Test func `is paid with the same invoice when it was not paid yet, and not above --max`() async throws {
        try await Shopper.with(routes: Self.routes) { shopper in
            #expect(try await shopper.get("/echo", wallet: "http://127.0.0.1:0").status == 3)
            let refused = try await shopper.get("/echo", ["--max", "1"])
            #expect(refused.status == 4, "\(refused.error)")
            #expect(shopper.payments.isEmpty)
            let invoice = try #require(try pending(shopper)?.invoice)
            let bought = try #require(try pending(shopper))
            try Self.leave(bought, in: shopper)
            let result = try await shopper.get("/echo")
            #expect(result.status == 0, "\(result.error)")
            #expect(shopper.payments.count == 1)
            #expect(shopper.payments.first?.contains(invoice) == true)
        }
    }

    @Test func `is no other request's`() async throws {
        try await Shopper.with(routes: Self.routes) { shopper in
            let first = try await shopper.get("/echo", wallet: "http://127.0.0.1:0")
            #expect(first.status == 3)
            let query = try await shopper.get("/echo?q=1")
            #expect(query.status == 0, "\(query.error)")
            let body = try await shopper.get("/echo", ["-X", "POST", "-d", "x"])
            #expect(body.status == 0, "\(body.error)")
            #expect(shopper.payments.count == 2)
            #expect(try pending(shopper) != nil)
        }
    }

    @Test func `is kept while the answer says that it may have used nothing up`() async throws {
        try await Shopper.with(routes: Self.routes) { shopper in
            for _ in 0..<2 {
                let result = try await shopper.get("/down")
                #expect(result.status == 1, "\(result.error)")
            }
            #expect(shopper.payments.count == 1)
        }
    }

    @Test func `that was used up in another way is forgotten, and another one bought`() async throws {
        try await Shopper.with(routes: Self.routes) { shopper in
            let credential = try await shopper.gateway.charge("/echo")
            expectStatus(200, try await shopper.gateway.present(credential, "/echo"))
            let preimage = try #require(credential.payload["preimage"]?.text.flatMap { Bytes32(hex: $0) })
            try Self.leave(Self.charge(credential.challenge, shopper, paidWith: Preimage(preimage)), in: shopper)
            let result = try await shopper.get("/echo", ["-v"])
            #expect(result.status == 0, "\(result.error)")
            #expect(result.steps.contains { $0.contains("has been used already") })
            #expect(shopper.payments.count == 1)
        }
    }

    @Test func `is not begun when it could not be kept`() async throws {
        try await Shopper.with(routes: Self.routes) { shopper in
            _ = try shopper.folder.newFile("kept")
            let result = try await shopper.get("/echo")
            #expect(result.status == 1)
            #expect(result.error.contains("nothing was paid"))
            #expect(shopper.wallet.calls.isEmpty)
        }
    }

    // MARK: What a dead process left

    private static func charge(
        _ challenge: PaymentChallenge,
        _ shopper: Shopper,
        paidWith preimage: Preimage?
    ) throws -> PendingCharge {
        let details = try challenge.requestObject()["methodDetails"]
        return PendingCharge(
            origin: shopper.origin,
            request: "GET /echo",
            challenge: challenge,
            invoice: try #require(details?["invoice"]?.text),
            payment: PaymentHash(try #require(details?["paymentHash"]?.text.flatMap { Bytes32(hex: $0) })),
            preimage: preimage
        )
    }

    /// No process has this number.
    private static func leave(_ charge: PendingCharge, in shopper: Shopper) throws {
        try shopper.cache.keep(charge, owner: .max)
    }
}
