import Foundation
import GRPCPricer
import GatewayPricing
import GatewayRPC
import GatewayTesting
import Testing

/// What gateways are answered that keep the balance themselves.
@Suite(.timeLimit(.minutes(5)))
struct SessionPricesTests {
    private static func text(_ body: String) -> String { "POST / HTTP/1.1\r\nHost: a.example\r\n\r\n\(body)" }

    private func cost(
        _ tail: String,
        asking body: String = #"{"model":"small","max_tokens":2000}"#,
        _ change: (inout Pricesrpc_SettleSessionRequest) -> Void = { _ in }
    ) async throws -> Int64 {
        var request = Pricesrpc_SettleSessionRequest()
        request.sessionID = "s"
        request.httpStatus = 200
        request.contentType = "application/json"
        request.complete = true
        request.responseTail = Data(tail.utf8)
        request.estimateSats = 5
        request.httpRequestText = Self.text(body)
        change(&request)
        return try await PriceHost.with { [request] client in
            try await client.call { connection, options in
                try await Pricesrpc_Prices.Client(wrapping: connection).settleSession(request, options: options)
            }.costSats
        }
    }

    @Test func `a request is quoted at what it may cost, with a deposit of a bundle`() async throws {
        var request = Pricesrpc_QuoteSessionRequest()
        request.httpRequestText = Self.text(#"{"model":"small","max_tokens":2000}"#)
        let quote = try await PriceHost.with { [request] client in
            try await client.call { connection, options in
                try await Pricesrpc_Prices.Client(wrapping: connection).quoteSession(request, options: options)
            }
        }
        #expect(quote.unitPriceSats == 5)
        #expect(quote.depositSats == 10)
    }

    @Test func `a request costs what its response says`() async throws {
        let cost = try await cost(#"{"usage":{"prompt_tokens":1000,"completion_tokens":3500}}"#)
        #expect(cost == 8)
    }

    @Test func `what fails costs nothing`() async throws {
        let cost = try await cost("") { $0.httpStatus = 502 }
        #expect(cost == 0)
    }

    @Test func `what nobody can say costs what was paid`() async throws {
        let untold = try await cost("{}") { $0.complete = false }
        let unknown = try await cost(#"{"usage":{"prompt_tokens":1}}"#, asking: #"{"model":"huge"}"#)
        #expect([untold, unknown] == [5, 5])
    }
}
