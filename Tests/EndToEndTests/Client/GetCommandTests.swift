import Foundation
import GatewayKit
import L402
import Testing
import sluice

@Suite struct `sluice get` {
    @Test func `prints the body untouched and nothing else`() async throws {
        try await Shopper.with { shopper in
            let result = try await shopper.get("/free/zeros/300000")
            #expect(result.status == 0)
            #expect(result.output == Data(count: 300_000))
            #expect(result.error.isEmpty)
        }
    }

    @Test func `pays what a 402 asks for, through an lnd REST address`() async throws {
        try await Shopper.with { shopper in
            let result = try await shopper.get("/quotes")
            #expect(result.status == 0)
            #expect(result.text.hasPrefix("GET /quotes\n"))
            #expect(result.error.isEmpty)
            #expect(shopper.payments.count == 1)
        }
    }

    @Test func `with -v says each step, in order`() async throws {
        try await Shopper.with { shopper in
            let result = try await shopper.get("/quotes", ["-v"])
            let expected = [
                "GET \(shopper.gateway.url)/quotes", "402 Payment Required", "the invoice asks for 10 sat for quotes",
                "paid 10 sat, fee 0 sat", "repeating the request with the token", "GET \(shopper.gateway.url)/quotes",
                "200 OK",
            ]
            #expect(result.steps.count == expected.count)
            for (step, beginning) in zip(result.steps, expected) { #expect(step.hasPrefix(beginning)) }
            #expect(result.text.hasPrefix("GET /quotes\n"))
        }
    }

    @Test func `presents a kept token instead of paying again`() async throws {
        try await Shopper.with { shopper in
            _ = try await shopper.get("/quotes")
            let result = try await shopper.get("/quotes", ["-v"])
            #expect(result.status == 0)
            #expect(result.steps.first?.hasPrefix("presenting the token kept for") == true)
            #expect(shopper.payments.count == 1)
        }
    }

    @Test func `keeps a token for each host and service, for its owner alone`() async throws {
        try await Shopper.with { first in
            try await Shopper.with { second in
                for path in ["/quotes", "/other"] { _ = try await first.get(path) }
                _ = try await first.get("/quotes", wallet: second.wallet.url, at: second.gateway.url)
                let cache = try first.cache
                let tokens = [
                    try cache.token(origin: first.origin, service: "quotes"),
                    try cache.token(origin: first.origin, service: "other"),
                    try cache.token(origin: second.origin, service: "quotes"),
                ]
                #expect(Set(tokens.compactMap { $0 }).count == 3)
                #expect(try first.folder.mode("kept/tokens.json") == 0o600)
            }
        }
    }

    @Test func `runs at the same time keep both tokens`() async throws {
        try await Shopper.with { shopper in
            async let quotes = shopper.get("/quotes")
            async let other = shopper.get("/other")
            #expect(try await [quotes.status, other.status] == [0, 0])
            let cache = try shopper.cache
            #expect(try cache.token(origin: shopper.origin, service: "quotes") != nil)
            #expect(try cache.token(origin: shopper.origin, service: "other") != nil)
        }
    }

    @Test func `runs at the same time for the same thing buy it once`() async throws {
        try await Shopper.with { shopper in
            async let first = shopper.get("/quotes")
            async let second = shopper.get("/quotes")
            let results = try await [first, second]
            #expect(results.map(\.status) == [0, 0], "\(results.map(\.error))")
            #expect(Set(shopper.payments).count == 1)
        }
    }

    // MARK: Limits

    private static func priced(_ price: String) -> String {
        """
              - name: quotes
                match: { path: /quotes }
                pipeline:
                  - auth: { use: l402, valid-for: 1h }
                  - caveats: [service, expires, path, method, address]
                  - rate-limit: { limit: 1000/s }
                  - price: \(price)
                  - forward: echo
        """
    }

    @Test func `refuses above --max and pays nothing`() async throws {
        try await Shopper.with { shopper in
            let result = try await shopper.get("/quotes", ["--max", "9 sat"])
            #expect(result.status == 4)
            #expect(result.error == "error: this costs 10 sat, more than --max 9 sat\n")
            #expect(result.output.isEmpty)
            #expect(shopper.wallet.calls.isEmpty)
            #expect(try await shopper.get("/quotes", ["--max", "10"]).status == 0)
        }
    }

    @Test(arguments: [("100 sat", Int32(0)), ("101 sat", 4)])
    func `pays up to 100 sat unless it is told otherwise`(price: String, status: Int32) async throws {
        try await Shopper.with(routes: Self.priced(price)) { shopper in
            let result = try await shopper.get("/quotes")
            #expect(result.status == status)
            #expect(shopper.payments.count == (status == 0 ? 1 : 0))
        }
    }

    // MARK: A credential of one's own

    @Test func `a credential that the user gives is sent as it is, and no kept token`() async throws {
        try await Shopper.with { shopper in
            try await ScriptedService.with { _ in
                .text("yes")
            } _: { service in
                try shopper.cache.keep(
                    L402Token(token: "kept", preimage: Preimage(.zero)),
                    origin: service.url,
                    service: "quotes",
                    path: "/quotes"
                )
                _ = try await shopper.get("/quotes", ["-H", "authorization: Bearer mine"], at: service.url)
                #expect(service.calls.map(\.authorization) == [["Bearer mine"]])
            }
        }
    }

    @Test func `a credential that the user gives is replaced when it does not open, saying so`() async throws {
        try await Shopper.with { shopper in
            let result = try await shopper.get("/quotes", ["-v", "-H", "Authorization: Bearer mine"])
            #expect(result.status == 0)
            #expect(result.steps.contains("402; a token takes the place of the Authorization field that was given"))
        }
    }
}
