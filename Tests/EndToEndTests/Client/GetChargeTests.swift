import Testing

@Suite struct `sluice get, where there is no token to buy` {
    @Test func `pays for one answer, and says each step`() async throws {
        try await Shopper.with(routes: TestGateway.paymentRoutes) { shopper in
            for path in ["/echo", "/kept"] {
                let result = try await shopper.get(path, ["-v"])
                #expect(result.status == 0, "\(result.error)")
                #expect(result.text.hasPrefix("GET \(path)\n"))
                #expect(result.steps.contains("paid 10 sat, fee 0 sat"))
                #expect(result.steps.contains { $0.hasPrefix("receipt for the payment ") })
            }
            #expect(shopper.payments.count == 2)
        }
    }

    @Test func `refuses above --max and pays nothing`() async throws {
        try await Shopper.with(routes: TestGateway.paymentRoutes) { shopper in
            let result = try await shopper.get("/echo", ["--max", "9 sat"])
            #expect(result.status == 4)
            #expect(result.error == "error: this costs 10 sat, more than --max 9 sat\n")
            #expect(shopper.wallet.calls.isEmpty)
        }
    }

    @Test func `prefers a token where there is one`() async throws {
        try await Shopper.with(routes: TestGateway.paymentRoutes) { shopper in
            for _ in 0..<2 {
                let result = try await shopper.get("/reversed")
                #expect(result.status == 0, "\(result.error)")
            }
            #expect(shopper.payments.count == 1)
        }
    }
}
