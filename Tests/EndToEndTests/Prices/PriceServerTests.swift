import Crypto
import Foundation
import GRPCCore
import GRPCPricer
import GatewayKit
import L402
import NIOHTTP1
import Testing

/// The contract with price servers: for each thing that one may do, and each key of the policy, what a client sees.
@Suite(.timeLimit(.minutes(5)))
struct PriceServerTests {
    private typealias Seen = PricedGateway.Seen

    private static let operated = """
        127.0.0.1:0
        admin: { listen: 127.0.0.1:0 }
        """

    /// A port that nobody listens at any more.
    private func deadPort() async throws -> Int {
        try await ScriptedPriceServer().serving { $0 }
    }

    // MARK: Answers

    @Test func `a request costs what the server says, and what is paid for is not asked about`() async throws {
        let server = ScriptedPriceServer(.satoshis(21))
        try await server.serving { port in
            try await PricedGateway.with("address: 127.0.0.1:\(port)") { priced in
                let asked = try await priced.gateway.request("/priced/echo?a=b", [("X-Model", "large")])
                #expect(Seen(asked) == .asked("21 sat"))
                let token = try await priced.gateway.pay(asked)
                let served = try await priced.gateway.request("/priced/echo", [("Authorization", token.authorization)])
                expectStatus(200, served)
                let question = try #require(server.asked.prices.first)
                #expect(server.count == 1)
                #expect(question.path == "/priced/echo")
                #expect(question.httpRequestText.hasPrefix("GET /priced/echo?a=b HTTP/1.1\r\nHost: 127.0.0.1:"))
                #expect(question.httpRequestText.contains("\r\nX-Model: large\r\n"))
            }
        }
    }

    @Test func `a price of zero is free`() async throws {
        try await ScriptedPriceServer(.satoshis(0)).serving { port in
            try await PricedGateway.with("address: 127.0.0.1:\(port)") { priced in
                try await priced.expects(.served)
            }
        }
    }

    @Test func `an answer that is no price sells nothing, is counted, and harms nobody after it`() async throws {
        let server = ScriptedPriceServer()
        let wrong: [ScriptedPriceServer.Answer] = [
            .satoshis(-1), .satoshis(.min), .satoshis(.max), .satoshis(501),
            // No message; one that ends too early; a number without an end.
            .bytes([0xFF]), .bytes([0x08]), .bytes(Array(repeating: 0xFF, count: 32)),
            // Longer than any answer.
            .bytes([0x12, 0x80, 0x80, 0x80, 0x01] + Array(repeating: 0, count: 2 << 20)),
            .status(.invalidArgument), .status(.permissionDenied), .status(.internalError),
        ]
        try await server.serving { port in
            let settings = "address: 127.0.0.1:\(port), max: 500 sat, breaker: { failures: 1000 }"
            try await PricedGateway.with(settings, listen: Self.operated) { priced in
                for answer in wrong {
                    server.script(.satoshis(5), after: answer)
                    try await priced.expects(.refused, saying: "\(answer)")
                    try await priced.expects(.asked("5 sat"), saying: "after \(answer)")
                }
                let counts = try await priced.counts()
                #expect(counts["answered"] == UInt64(wrong.count))
                #expect(counts["refused"] == UInt64(wrong.count))
                #expect(counts["too-high"] == 1)
                #expect(counts["refused-by-server"] ?? 0 >= 3)
                #expect(counts["wrong"] ?? 0 >= 3)
            }
        }
    }

    @Test func `an answer of zero bytes is a price of zero, as protobuf has it`() async throws {
        try await ScriptedPriceServer(.bytes([])).serving { port in
            try await PricedGateway.with("address: 127.0.0.1:\(port)") { priced in
                try await priced.expects(.served)
            }
        }
    }

    // MARK: Nobody answers

    @Test(arguments: [
        ("refuse", "unavailable, retry after 5"), ("20 sat", "asked for 20 sat"), ("free", "served"),
    ])
    func `where nobody answers the policy says what happens`(_ fallback: String, _ expected: String) async throws {
        let port = try await deadPort()
        try await PricedGateway.with("address: 127.0.0.1:\(port), fallback: \(fallback)") { priced in
            let seen = try await priced.sees()
            #expect(seen.description == expected)
        }
    }

    @Test func `a client of gRPC is told that it is unavailable`() async throws {
        let port = try await deadPort()
        try await PricedGateway.with("address: 127.0.0.1:\(port)") { priced in
            let answer = try await priced.gateway.request("/priced/echo", [("Content-Type", "application/grpc")])
            expectStatus(200, answer)
            #expect(answer.headers["grpc-status"] == ["14"])
        }
    }

    @Test func `a slow server is waited for as long as the policy says`() async throws {
        let server = ScriptedPriceServer(.never)
        try await server.serving { port in
            let settings = "address: 127.0.0.1:\(port), timeout: 50ms, fallback: 20 sat, breaker: { failures: 1000 }"
            try await PricedGateway.with(settings, listen: Self.operated) { priced in
                try await priced.expects(.asked("20 sat"))
                try await priced.expectsCount(1, "timed-out")
                server.script(.satoshis(5))
                // On a busy machine an answer may be late that comes at once.
                var seen = try await priced.sees()
                while seen == .asked("20 sat") { seen = try await priced.sees() }
                #expect(seen == .asked("5 sat"))
            }
        }
    }

    @Test func `a server that fails too often is left alone`() async throws {
        let server = ScriptedPriceServer(.status(.unavailable))
        try await server.serving { port in
            let breaker = "{ failures: 2, pause: 1h, longest-pause: 1h }"
            let settings = "address: 127.0.0.1:\(port), retries: 0, breaker: \(breaker)"
            try await PricedGateway.with(settings, listen: Self.operated) { priced in
                for _ in 1...5 { try await priced.expects(.refused) }
                #expect(server.count == 2)
                try await priced.expectsCount(3, "left-alone")
            }
        }
    }

    @Test func `a server that comes and goes is asked again`() async throws {
        let server = ScriptedPriceServer(.satoshis(5))
        let port = try await deadPort()
        try await PricedGateway.with("address: 127.0.0.1:\(port), breaker: { failures: 1000 }") { priced in
            for _ in 1...2 {
                try await priced.expects(.refused)
                try await server.serving(at: port) { _ in
                    // What connects in the background may be late by its pause.
                    var seen = try await priced.sees()
                    while seen == .refused { seen = try await priced.sees() }
                    #expect(seen == .asked("5 sat"))
                }
            }
        }
    }

    @Test func `a server that goes in the middle of an answer costs that answer`() async throws {
        let server = ScriptedPriceServer(.never)
        let port = try await deadPort()
        let settings = "address: 127.0.0.1:\(port), timeout: 60s, retries: 0, breaker: { failures: 1000 }"
        try await PricedGateway.with(settings) { priced in
            let cut = Task {
                try await server.serving(at: port) { _ in
                    var arrivals = server.arrivals.makeAsyncIterator()
                    _ = await arrivals.next()
                }
            }
            // Those before the first question find nobody yet.
            while server.count == 0 { try await priced.expects(.refused) }
            try await cut.value
            server.script(.satoshis(5))
            try await server.serving(at: port) { _ in
                var seen = try await priced.sees()
                while seen == .refused { seen = try await priced.sees() }
                #expect(seen == .asked("5 sat"))
            }
        }
    }

    @Test func `one address of several is enough`() async throws {
        let dead = try await deadPort()
        try await ScriptedPriceServer(.satoshis(5)).serving { port in
            try await PricedGateway.with("addresses: [127.0.0.1:\(dead), 127.0.0.1:\(port)]") { priced in
                for _ in 1...4 { try await priced.expects(.asked("5 sat")) }
            }
        }
    }

    @Test func `a question that waits too long is asked once more`() async throws {
        let server = ScriptedPriceServer()
        server.script(.satoshis(5), after: .never)
        try await server.serving { port in
            let settings = "address: 127.0.0.1:\(port), timeout: 60s, hedge: 1ms"
            try await PricedGateway.with(settings, listen: Self.operated) { priced in
                try await priced.expects(.asked("5 sat"))
                try await priced.expectsCount(1, "hedged")
            }
        }
    }

    // MARK: Keeping

    @Test func `a kept price is asked for once, by what it depends on`() async throws {
        let server = ScriptedPriceServer(.satoshis(5))
        try await server.serving { port in
            let settings = "address: 127.0.0.1:\(port), cache: { for: 1h, headers: [x-model] }"
            try await PricedGateway.with(settings) { priced in
                for _ in 1...3 { try await priced.expects(.asked("5 sat")) }
                #expect(server.count == 1)
                _ = try await priced.sees("/echo", .GET, [("X-Model", "large")])
                _ = try await priced.sees("/echo?other")
                _ = try await priced.sees("/echo", .POST, body: "{}")
                _ = try await priced.sees("/echo", .GET, [("X-Other", "a")])
                #expect(server.count == 4)
            }
        }
    }

    @Test func `an older price serves while the server fails`() async throws {
        let server = ScriptedPriceServer(.satoshis(5))
        try await server.serving { port in
            let settings = "address: 127.0.0.1:\(port), cache: 0s, stale-if-error: 1h"
            try await PricedGateway.with(settings, listen: Self.operated) { priced in
                try await priced.expects(.asked("5 sat"))
                server.script(.status(.unavailable))
                try await priced.expects(.asked("5 sat"))
                try await priced.expects(.refused, "/other")
                try await priced.expectsCount(1, "stale")
            }
        }
    }

    // MARK: Beside

    @Test func `a server in shadow changes nothing but what is counted`() async throws {
        let other = ScriptedPriceServer(.satoshis(99))
        try await ScriptedPriceServer(.satoshis(5)).serving { port in
            try await other.serving { shadow in
                let settings = "address: 127.0.0.1:\(port), shadow: { address: 127.0.0.1:\(shadow) }"
                try await PricedGateway.with(settings, listen: Self.operated) { priced in
                    try await priced.expects(.asked("5 sat"))
                    while try await priced.counts()["shadow-differed"] != 1 {}
                    #expect(other.count == 1)
                }
            }
        }
    }

    @Test func `a server is told what was offered at its price`() async throws {
        let server = ScriptedPriceServer(.satoshis(5))
        try await server.serving { port in
            try await PricedGateway.with("address: 127.0.0.1:\(port)") { priced in
                let asked = try await priced.gateway.request("/priced/echo")
                var offers = server.offers.makeAsyncIterator()
                let offer = try #require(await offers.next())
                let token = try await priced.gateway.pay(asked)
                let hash = Data(SHA256.hash(data: token.preimage.bytes.array))
                #expect(offer.tokenID == hash.map { String(format: "%02x", $0) }.joined())
                #expect(offer.priceSats == 5)
                #expect(offer.serviceName == "priced")
                #expect(offer.path == "/priced/echo")
            }
        }
    }

    @Test func `a server that only has prices serves`() async throws {
        try await ScriptedPriceServer(.satoshis(5), knowsOffers: false).serving { port in
            try await PricedGateway.with("address: 127.0.0.1:\(port)") { priced in
                for _ in 1...2 { try await priced.expects(.asked("5 sat")) }
            }
        }
    }

    // MARK: Bodies

    @Test func `of a long body the server is shown the beginning, and the service gets all of it`() async throws {
        let server = ScriptedPriceServer(.satoshis(0))
        try await server.serving { port in
            try await PricedGateway.with("address: 127.0.0.1:\(port), body: 1 KiB") { priced in
                let body = String(repeating: "0123456789abcdef", count: 1 << 16)
                let answer = try await priced.gateway.request("/priced/count", method: .POST, body: body)
                #expect(answer.body == "\(body.utf8.count)")
                let text = try #require(server.asked.prices.first?.httpRequestText)
                #expect(text.hasSuffix("\r\n\r\n" + String(repeating: "0123456789abcdef", count: 64)))
                #expect(text.contains("\r\nContent-Length: \(body.utf8.count)\r\n"))
            }
        }
    }
}
