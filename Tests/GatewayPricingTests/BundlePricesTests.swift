import Foundation
import GRPCCore
import GRPCPricer
import GatewayKit
import GatewayPricing
import GatewayRPC
import GatewayTesting
import Testing

/// What gateways are answered.
@Suite(.timeLimit(.minutes(5)))
struct BundlePricesTests {
    private static let question = #"{"model":"small","max_tokens":5}"#

    private static func text(_ body: String) -> String {
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a.example\r\n\r\n\(body)"
    }

    /// A price server, and one token for which a bundle was sold.
    private struct Shop: Sendable {
        let client: ServiceClient
        var token = Bytes32.random().hex

        func price(_ body: String = BundlePricesTests.question) async throws -> Int64 {
            var request = Pricesrpc_GetPriceRequest()
            request.httpRequestText = BundlePricesTests.text(body)
            return try await client.call { [request] connection, options in
                try await Pricesrpc_Prices.Client(wrapping: connection).getPrice(request, options: options).priceSats
            }
        }

        func sell(_ satoshis: Int64 = 10) async throws {
            var request = Pricesrpc_ChallengeMintedRequest()
            request.tokenID = token
            request.priceSats = satoshis
            request.serviceName = "models"
            _ = try await client.call { [request] connection, options in
                try await Pricesrpc_Prices.Client(wrapping: connection).challengeMinted(request, options: options)
            }
        }

        func authorise(_ body: String = BundlePricesTests.question) async throws -> Pricesrpc_AuthorizeRequestResponse {
            var request = Pricesrpc_AuthorizeRequestRequest()
            request.path = "/v1/chat/completions"
            request.httpRequestText = BundlePricesTests.text(body)
            request.tokenID = token
            request.serviceName = "models"
            return try await client.call { [request] connection, options in
                try await Pricesrpc_Prices.Client(wrapping: connection).authorizeRequest(request, options: options)
            }
        }

        func report(
            _ reserved: Int64,
            _ tail: String,
            _ change: (inout Pricesrpc_ReportUsageRequest) -> Void = { _ in }
        ) async throws -> Pricesrpc_ReportUsageResponse {
            var request = Pricesrpc_ReportUsageRequest()
            request.path = "/v1/chat/completions"
            request.tokenID = token
            request.serviceName = "models"
            request.httpStatus = 200
            request.contentType = "application/json"
            request.complete = true
            request.responseTail = Data(tail.utf8)
            request.reservedEstimate = reserved
            change(&request)
            return try await client.call { [request] connection, options in
                try await Pricesrpc_Prices.Client(wrapping: connection).reportUsage(request, options: options)
            }
        }
    }

    /// The millisatoshis that a response takes of a bundle of ten satoshis, rounded up to satoshis.
    private func debit(
        _ tail: String,
        asking body: String = BundlePricesTests.question,
        _ change: @escaping @Sendable (inout Pricesrpc_ReportUsageRequest) -> Void = { _ in }
    ) async throws -> Int64 {
        try await PriceHost.with { client in
            let shop = Shop(client: client)
            try await shop.sell(1_000)
            let admitted = try await shop.authorise(body)
            return try await shop.report(admitted.reservedEstimate, tail, change).debitedSats
        }
    }

    private func refusal(_ ask: @escaping @Sendable (Shop) async throws -> Void) async throws -> RPCError.Code? {
        try await PriceHost.with { client in
            do {
                try await ask(Shop(client: client))
                return nil
            } catch let failure as ServiceFailure {
                guard case .refused(let code) = failure.reason else { throw failure }
                return code
            }
        }
    }

    // MARK: Prices

    @Test func `a bundle costs what the list says, or what the request may cost`() async throws {
        let prices = try await PriceHost.with { client in
            let shop = Shop(client: client)
            return [
                try await shop.price(), try await shop.price("{}"), try await shop.price(#"{"model":"large"}"#),
                try await shop.price(#"{"model":"small","max_tokens":50000}"#),
            ]
        }
        #expect(prices == [10, 10, 100, 101])
    }

    @Test func `what has no price is refused`() async throws {
        for body in [#"{"model":"huge"}"#, "{", "[]"] {
            let code = try await refusal { _ = try await $0.price(body) }
            #expect(code == .invalidArgument)
        }
    }

    @Test func `what is nobody's, or nothing, is refused`() async throws {
        let codes = [
            try await refusal { try await $0.sell(0) }, try await refusal { try await $0.sell(-1) },
            try await refusal { try await $0.sell(.max) },
            try await refusal { _ = try await $0.report(-1, "") },
            try await refusal { _ = try await $0.report(1, "") { $0.tokenID = "" } },
            try await refusal { _ = try await $0.report(1, "") { $0.tokenID = String(repeating: "a", count: 257) } },
            try await refusal { _ = try await $0.report(1, "") { $0.tokenID += "\0" } },
        ]
        #expect(codes == Array(repeating: .invalidArgument, count: 7))
        let unknown = try await refusal { _ = try await $0.report(1, "") }
        #expect(unknown == .notFound)
    }

    // MARK: Bundles

    @Test func `a bundle is drawn from until it is spent, and then the next one has a price`() async throws {
        let answers = try await PriceHost.with { client in
            let shop = Shop(client: client)
            let unsold = try await shop.authorise()
            try await shop.sell()
            let first = try await shop.authorise()
            let usage = #"{"usage":{"prompt_tokens":9000,"completion_tokens":500}}"#
            let report = try await shop.report(first.reservedEstimate, usage)
            return (unsold, first, report, try await shop.authorise())
        }
        #expect(!answers.0.allowed)
        #expect(answers.0.priceSats == 10)
        #expect(answers.1.allowed)
        #expect(answers.2.debitedSats == 10)
        #expect(answers.2.remainingSats == 0)
        #expect(!answers.3.allowed)
        #expect(answers.3.reason == "the bundle is spent")
        #expect(answers.3.priceSats == 10)
    }

    @Test func `a request that may cost more than its bundle is offered one that covers it`() async throws {
        let answer = try await PriceHost.with { client in
            let shop = Shop(client: client)
            try await shop.sell()
            return try await shop.authorise(#"{"model":"large","max_tokens":1000}"#)
        }
        #expect(!answer.allowed)
        #expect(answer.priceSats == 100)
    }

    @Test func `nobody is to buy more while something is reserved`() async throws {
        let code = try await refusal { shop in
            try await shop.sell()
            _ = try await shop.authorise(#"{"model":"small","max_tokens":4995}"#)
            _ = try await shop.authorise()
            _ = try await shop.authorise()
        }
        #expect(code == .resourceExhausted)
    }

    @Test(arguments: BookPlace.lasting)
    func `what one price server sold is drawn from at another`(place: BookPlace) async throws {
        try await place.withStore { store in
            let report = try await PriceHost.with(store: store) { first in
                try await PriceHost.with(store: store) { second in
                    let token = Bytes32.random().hex
                    try await Shop(client: first, token: token).sell()
                    let admitted = try await Shop(client: second, token: token).authorise()
                    let usage = #"{"usage":{"prompt_tokens":1000,"completion_tokens":500}}"#
                    return try await Shop(client: first, token: token).report(admitted.reservedEstimate, usage)
                }
            }
            #expect(report.debitedSats == 2)
            #expect(report.remainingSats == 8)
        }
    }

    // MARK: Usage

    @Test func `a response costs what it says, in the rates of its model`() async throws {
        let usage = #"{"usage":{"prompt_tokens":1000,"completion_tokens":500}}"#
        let small = try await debit(usage)
        let large = try await debit(usage, asking: #"{"model":"large","max_tokens":5}"#)
        #expect([small, large] == [2, 20])
    }

    @Test func `a part of a satoshi is rounded up`() async throws {
        let debit = try await debit(#"{"usage":{"prompt_tokens":1,"completion_tokens":0}}"#)
        #expect(debit == 1)
    }

    @Test func `the end of a document is read whose beginning is cut off`() async throws {
        let cut = #"sage":{"prompt_tokens":9}},"usage":{"prompt_tokens":1000,"completion_tokens":500},"object":"c"}"#
        let debit = try await debit(cut)
        #expect(debit == 2)
    }

    @Test func `the last usage of a stream counts, also of one that is cut off`() async throws {
        let stream = """
            tent":"x"}}],"usage":null}

            data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":1}}

            data: {"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":500}}

            data: [DONE]


            """
        let debit = try await debit(stream) { $0.contentType = "text/event-stream; charset=utf-8" }
        #expect(debit == 2)
    }

    @Test func `what does not say what it has used costs what was reserved`() async throws {
        let body = #"{"model":"small","max_tokens":2000}"#
        let left = try await debit(#"{"choices":["#, asking: body) { $0.complete = false }
        let compressed = try await debit("\u{1F}\u{8B}", asking: body) { $0.contentEncoding = "gzip" }
        #expect([left, compressed] == [5, 5])
    }

    @Test func `what fails, or has no byte, costs nothing`() async throws {
        let usage = #"{"usage":{"prompt_tokens":1000,"completion_tokens":500}}"#
        let failed = try await debit(usage) { $0.httpStatus = 502 }
        let empty = try await debit("") { $0.complete = false }
        #expect([failed, empty] == [0, 0])
    }
}
