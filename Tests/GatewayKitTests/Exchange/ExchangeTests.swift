import GatewayKit
import GatewayTesting
import HTTPTypes
import Logging
import NIOCore
import NIOEmbedded
import Testing

struct ExchangeTests {
    private struct Fact {
        let number: Int
    }

    private func credential(caveats: [Caveat]) -> Credential {
        Credential(scheme: "l402", id: CredentialID(.zero), payment: PaymentHash(.zero), caveats: caveats)
    }

    @Test func `a fact is found by its type and replaced by the next`() {
        let exchange = Exchange.example()
        #expect(exchange[Fact.self] == nil)
        exchange[Fact.self] = Fact(number: 1)
        exchange[Int.self] = 5
        exchange[Fact.self] = Fact(number: 2)
        #expect(exchange[Fact.self]?.number == 2)
        #expect(exchange[Int.self] == 5)
        exchange[Fact.self] = nil
        #expect(exchange[Fact.self] == nil)
    }

    @Test func `a rejected credential is not to be forwarded`() {
        let exchange = Exchange.example()
        #expect(exchange.unresolvedRejection == nil)
        let rejection = Rejection(.expired, "it expired")
        exchange.rejection = rejection
        #expect(exchange.unresolvedRejection == rejection)
    }

    @Test func `a credential whose caveats nobody checked is not to be forwarded`() {
        let exchange = Exchange.example()
        exchange.credential = credential(caveats: [Caveat(condition: "a", value: "b")])
        #expect(exchange.unresolvedRejection?.reason == .unknownCaveat)
        exchange.caveatsHold = true
        #expect(exchange.unresolvedRejection == nil)
    }

    @Test func `a credential without caveats needs no check`() {
        let exchange = Exchange.example()
        exchange.credential = credential(caveats: [])
        #expect(exchange.unresolvedRejection == nil)
    }

    @Test func `a body that says that it is too long is refused before it is read`() throws {
        let source = Source()
        let exchange = Exchange.example(.example(.post, body: .length(101)))
        exchange.bodySource = source
        guard case .later(let future) = exchange.body(upTo: ByteCount(100)) else {
            Issue.record("answered at once")
            return
        }
        #expect(throws: BodyTooLarge.self) { try future.wait() }
        #expect(source.limits == [])
    }

    @Test func `a body that may be short enough is asked for with its limit`() {
        let source = Source()
        for body in [RequestHead.Body.length(100), .unknownLength] {
            let exchange = Exchange.example(.example(.post, body: body))
            exchange.bodySource = source
            #expect(exchange.body(upTo: ByteCount(100)).immediate == ByteBuffer(string: "body"))
        }
        #expect(source.limits == [ByteCount(100), ByteCount(100)])
    }

    @Test func `a request without a body has an empty one`() {
        #expect(Exchange.example().body(upTo: ByteCount(0)).immediate == ByteBuffer())
    }

    @Test func `what the gateway refuses is refused here, unless something of it was forwarded`() {
        let exchange = Exchange.example()
        #expect(!exchange.wasRefusedHere)
        exchange.repliedStatus = .ok
        #expect(!exchange.wasRefusedHere)
        exchange.repliedStatus = .gatewayTimeout
        #expect(exchange.wasRefusedHere)
        exchange.wasForwarded = true
        #expect(!exchange.wasRefusedHere)
    }

    @Test func `the id is 16 digits`() {
        #expect(ExchangeID(1).description == "0000000000000001")
        #expect(ExchangeID(.max).description == "ffffffffffffffff")
    }

    @Test func `the log names the exchange and its route`() {
        let exchange = Exchange(
            id: ExchangeID(1),
            request: .example(),
            client: Client(address: nil),
            route: Route(name: "example", stages: []),
            logger: Logger(label: "test") { StreamLogHandler.standardError(label: $0) },
            eventLoop: EmbeddedEventLoop()
        )
        let logger = exchange.logger
        #expect(logger[metadataKey: "exchange"]?.description == "0000000000000001")
        #expect(logger[metadataKey: "route"]?.description == "example")
    }

    private final class Source: RequestBodySource {
        var limits = [ByteCount]()

        func collectBody(upTo limit: ByteCount) -> Eventually<ByteBuffer> {
            limits.append(limit)
            return .now(ByteBuffer(string: "body"))
        }
    }
}
