import GRPCCore
import GRPCPricer
import GatewayKit
import GatewayRPC
import GatewayTesting
import HTTPTypes
import NIOCore
import NIOPosix
import Testing

/// What a request costs with a price server, and what its client gets where there is no price.
@Suite(.timeLimit(.minutes(5)))
struct GRPCPricerTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.any()
    private let time = ManualTime()

    private func pricer(
        _ source: FakeSource,
        shadow: FakeSource? = nil,
        _ change: (inout PricerTerms) -> Void = { _ in }
    ) throws -> GRPCPricer {
        let address = try #require(ServiceAddress(parsing: "127.0.0.1:1"))
        var terms = PricerTerms(service: ServiceSettings([address], timeout: .seconds(1)))
        terms.tellsOffers = false
        change(&terms)
        return GRPCPricer(terms, source: source, shadow: shadow, .example(time: time.source))
    }

    /// As the stage does: on the event loop.
    private func price(_ pricer: GRPCPricer, _ target: String = "/a") async throws -> UInt64 {
        try await loop.flatSubmit { [loop] in
            do {
                let exchange = Exchange.example(.example(.get, target), eventLoop: loop)
                return try pricer.price(of: exchange).future(on: loop)
            } catch {
                return loop.makeFailedFuture(error)
            }
        }.get().millisatoshis
    }

    private func refusal(_ pricer: GRPCPricer) async -> Reply? {
        do {
            _ = try await price(pricer)
            return nil
        } catch {
            return error as? Reply
        }
    }

    private var down: ServiceFailure { ServiceFailure(.unavailable, of: "fake") }

    @Test func `a server says what a request costs`() async throws {
        let pricer = try pricer(FakeSource(.success(10), .success(0)))
        #expect(try await price(pricer) == 10_000)
        #expect(try await price(pricer) == 0)
        #expect(pricer.tally[.asked] == 2)
    }

    @Test(
        arguments: [
            .failure(ServiceFailure(.unavailable, of: "a")), .failure(ServiceFailure(.timedOut, of: "a")), .success(-1),
            .success(1_000_001), .success(.max),
        ] as [Result<Int64, ServiceFailure>]
    )
    func `without a price that counts nothing is sold: 503, and when to come back`(
        _ answer: Result<Int64, ServiceFailure>
    ) async throws {
        let reply = await refusal(try pricer(FakeSource(answer)))
        #expect(reply?.status == .serviceUnavailable)
        #expect(reply?.fields[.retryAfter] == "5")
    }

    @Test(arguments: [("20 sat", 20_000), ("free", 0)] as [(String, UInt64)])
    func `without a price that counts the policy's own counts`(_ text: String, _ price: UInt64) async throws {
        let fallback = try #require(PriceFallback(parsing: text))
        let refused = ServiceFailure(.refused(.notFound), of: "fake")
        let pricer = try pricer(FakeSource(.failure(down), .failure(refused))) { $0.fallback = fallback }
        #expect(try await self.price(pricer) == price)
        #expect(try await self.price(pricer) == price)
        #expect(pricer.tally[.fallback] == 2)
    }

    @Test(
        arguments: [
            .success(-1), .success(.max), .success(1_000_001), .failure(ServiceFailure(.malformed, of: "a")),
        ] as [Result<Int64, ServiceFailure>]
    )
    func `no other price takes the place of an answer that is wrong`(
        _ answer: Result<Int64, ServiceFailure>
    ) async throws {
        let pricer = try pricer(FakeSource(.success(10), answer)) { terms in
            terms.fallback = .price(.zero)
            var cache = CacheTerms(lifetime: .zero)
            cache.grace = .seconds(60)
            terms.cache = cache
        }
        #expect(try await price(pricer) == 10_000)
        #expect(await refusal(pricer)?.status == .serviceUnavailable)
        #expect([pricer.tally[.stale], pricer.tally[.fallback], pricer.tally[.refused]] == [0, 0, 1])
    }

    @Test func `a price that is kept is not asked for, and is there at once`() async throws {
        let source = FakeSource(.success(10), .success(20))
        let pricer = try pricer(source) { $0.cache = CacheTerms(lifetime: .seconds(5)) }
        #expect(try await price(pricer) == 10_000)
        let immediate = try await loop.submit { [loop] in
            try pricer.price(of: Exchange.example(.example(.get, "/a"), eventLoop: loop)).immediate
        }.get()
        #expect(immediate == .satoshis(10))
        time.advance(by: .seconds(5))
        #expect(try await price(pricer) == 20_000)
        #expect([pricer.tally[.asked], pricer.tally[.cached]] == [2, 1])
    }

    @Test func `requests of one price are one question, whatever comes of it`() async throws {
        let source = FakeSource()
        let pricer = try pricer(source) { terms in
            terms.cache = CacheTerms(lifetime: .seconds(5))
            terms.fallback = .price(Amount(millisatoshis: 7_000))
        }
        async let first = price(pricer)
        var questions = source.questions.makeAsyncIterator()
        _ = await questions.next()
        async let second = price(pricer)
        while pricer.tally[.joined] == 0 { await Task.yield() }
        source.answer(.failure(down))
        let prices = try await [first, second]
        #expect(prices == [7_000, 7_000])
        #expect([pricer.tally[.asked], pricer.tally[.fallback]] == [1, 2])
    }

    @Test func `an older price is better than none, for as long as the policy says`() async throws {
        let source = FakeSource(.success(10), .failure(down), .failure(down), .failure(down))
        let pricer = try pricer(source) { terms in
            var cache = CacheTerms(lifetime: .seconds(5))
            cache.grace = .seconds(60)
            terms.cache = cache
        }
        #expect(try await price(pricer) == 10_000)
        time.advance(by: .seconds(6))
        #expect(try await price(pricer) == 10_000)
        #expect(try await price(pricer) == 10_000)
        time.advance(by: .seconds(60))
        #expect(await refusal(pricer)?.status == .serviceUnavailable)
        #expect([pricer.tally[.stale], pricer.tally[.refused]] == [2, 1])
    }

    @Test func `a server is shown the request`() async throws {
        let source = FakeSource(.success(10))
        _ = try await price(try pricer(source), "/a%20b?c=d")
        var questions = source.questions.makeAsyncIterator()
        let question = await questions.next()
        #expect(question?.path == "/a b")
        #expect(question?.text == "GET /a%20b?c=d HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }

    // MARK: Bodies

    private final class Body: RequestBodySource {
        let bytes: ByteBuffer
        init(_ text: String) { bytes = ByteBuffer(string: text) }
        func collectBody(upTo limit: ByteCount) -> Eventually<ByteBuffer> { .now(bytes) }
    }

    private func shown(_ body: String, fields: [(String, String)] = [], bound: ByteCount) async throws -> String? {
        let source = FakeSource(.success(10))
        let pricer = try pricer(source) { $0.body = BodyBound(bound) }
        _ = try await loop.flatSubmit { [loop] in
            let request = RequestHead.example(.post, "/a", fields: fields, body: .length(UInt64(body.utf8.count)))
            let exchange = Exchange.example(request, eventLoop: loop)
            let source = Body(body)
            exchange.bodySource = source
            let price = (try? pricer.price(of: exchange))?.future(on: loop)
            withExtendedLifetime(source) {}
            return price ?? loop.makeSucceededFuture(.zero)
        }.get()
        var questions = source.questions.makeAsyncIterator()
        return await questions.next()?.text.split(separator: "\r\n\r\n", omittingEmptySubsequences: false).last.map(
            String.init
        )
    }

    @Test func `of the body it is shown the beginning`() async throws {
        #expect(try await shown("0123456789", bound: ByteCount(100)) == "0123456789")
        #expect(try await shown("0123456789", bound: ByteCount(4)) == "0123")
        #expect(try await shown("0123456789", bound: ByteCount(0)) == "")
    }

    @Test func `of a call of gRPC, which may never end, it is shown the head`() async throws {
        let fields = [("Content-Type", "application/grpc")]
        #expect(try await shown("0123456789", fields: fields, bound: ByteCount(100)) == "")
    }
}
