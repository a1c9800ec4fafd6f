import GRPCCore
import GRPCPricer
import GatewayKit
import GatewayRPC
import Logging
import Testing

/// One question, hedged, and beside another server.
@Suite(.timeLimit(.minutes(5)))
struct PriceInquiryTests {
    private let question = PriceQuestion(path: "/a", text: "GET /a HTTP/1.1\r\n\r\n")
    private let counts = PriceCounts()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func down(_ name: String = "fake") -> ServiceFailure { ServiceFailure(.unavailable, of: name) }

    private func counted(_ names: PriceCounts.Name...) -> [UInt64] { names.map { counts[$0] } }

    @Test func `an answer that is a price is the price`() async {
        let price = await PriceInquiry(FakeSource(.success(10)), counts: counts).price(for: question)
        #expect(price == .success(Amount(millisatoshis: 10_000)))
        #expect(counted(.asked, .answered, .hedged) == [1, 1, 0])
    }

    @Test func `an answer that is none is a fault, and counted`() async {
        let limit = PriceLimit(most: Amount(millisatoshis: 1_000))
        let inquiry = PriceInquiry(
            FakeSource(.success(-1), .success(2), .failure(down())),
            limit: limit,
            counts: counts
        )
        #expect(await inquiry.price(for: question) == .failure(.negative(-1)))
        _ = await inquiry.price(for: question)
        #expect(await inquiry.price(for: question) == .failure(PriceFault(down())))
        #expect(counted(.asked, .answered, .wrong, .tooHigh, .unreachable) == [3, 0, 1, 1, 1])
    }

    // MARK: Hedging

    @Test func `a question without an answer is asked once more, and the first answer counts`() async {
        let source = FakeSource()
        let inquiry = PriceInquiry(source, hedge: .milliseconds(1), counts: counts)
        async let price = inquiry.price(for: question)
        var questions = source.questions.makeAsyncIterator()
        _ = await questions.next()
        _ = await questions.next()
        source.answer(.success(20))
        let told = await price
        #expect(told == .success(Amount(millisatoshis: 20_000)))
        // The other one was withdrawn.
        #expect(source.openCount == 0)
        #expect(counted(.asked, .answered, .hedged) == [1, 1, 1])
    }

    @Test func `an answer in time is not hedged`() async {
        let inquiry = PriceInquiry(FakeSource(.success(20)), hedge: .seconds(3_600), counts: counts)
        #expect(await inquiry.price(for: question) == .success(Amount(millisatoshis: 20_000)))
        #expect(counted(.hedged) == [0])
    }

    @Test func `a failure is not hedged`() async {
        let inquiry = PriceInquiry(FakeSource(.failure(down())), hedge: .seconds(3_600), counts: counts)
        #expect(await inquiry.price(for: question) == .failure(PriceFault(down())))
        #expect(counted(.hedged) == [0])
    }

    // MARK: Shadow

    private func shadow(_ source: FakeSource, limit: Int = 64) -> ShadowSource {
        ShadowSource(source, limit: limit, counts: counts, logger: logger)
    }

    /// Comparing is nobody's to wait for but a test's.
    private func settled(_ name: PriceCounts.Name, _ count: UInt64 = 1) async {
        while counts[name] < count { await Task.yield() }
    }

    @Test(
        arguments: [(10, .shadowAgreed), (11, .shadowDiffered), (-1, .shadowDiffered)]
            as [(Int64, PriceCounts.Name)]
    )
    func `a server in shadow is compared and never obeyed`(_ other: Int64, _ name: PriceCounts.Name) async {
        let inquiry = PriceInquiry(
            FakeSource(.success(10)),
            shadow: shadow(FakeSource(.success(other))),
            counts: counts
        )
        #expect(await inquiry.price(for: question) == .success(Amount(millisatoshis: 10_000)))
        await settled(name)
    }

    @Test func `nobody waits for a server in shadow, whether it answers or not`() async {
        let other = FakeSource()
        let inquiry = PriceInquiry(
            FakeSource(.success(10), .success(10)),
            shadow: shadow(other, limit: 1),
            counts: counts
        )
        #expect(await inquiry.price(for: question) == .success(Amount(millisatoshis: 10_000)))
        // Its question is still open: no further one is put.
        #expect(await inquiry.price(for: question) == .success(Amount(millisatoshis: 10_000)))
        #expect(counted(.shadowSkipped) == [1])
        var questions = other.questions.makeAsyncIterator()
        _ = await questions.next()
        other.answer(.failure(down()))
        await settled(.shadowFailed)
    }

    @Test func `a server in shadow does not take the place of one that fails`() async {
        let inquiry = PriceInquiry(
            FakeSource(.failure(down())),
            shadow: shadow(FakeSource(.success(10))),
            counts: counts
        )
        #expect(await inquiry.price(for: question) == .failure(PriceFault(down())))
        await settled(.shadowDiffered)
    }

    // MARK: Offers

    private func offer(_ satoshis: UInt64 = 10) -> PricedOffer {
        PricedOffer(
            question: question,
            service: "quotes",
            token: .random(),
            amount: Amount(millisatoshis: satoshis * 1_000)
        )
    }

    @Test func `an offer is told, and nobody waits for that`() async {
        let source = FakeSource()
        let notices = OfferNotices(source, counts: counts, logger: logger)
        let made = offer()
        notices.tell(made)
        var offers = source.offers.makeAsyncIterator()
        #expect(await offers.next() == made)
        await settled(.offersTold)
    }

    @Test func `a server that does not know the call is not told again`() async {
        let source = FakeSource()
        source.failTelling(with: ServiceFailure(.refused(.unimplemented), of: "fake"))
        let notices = OfferNotices(source, counts: counts, logger: logger)
        notices.tell(offer())
        while notices.areWanted { await Task.yield() }
        notices.tell(offer())
        #expect(counted(.offersTold, .offersLost) == [0, 0])
    }

    @Test func `an offer that cannot be told is lost and counted`() async {
        let source = FakeSource()
        source.failTelling(with: down())
        let notices = OfferNotices(source, counts: counts, logger: logger)
        notices.tell(offer())
        await settled(.offersLost)
        #expect(notices.areWanted)
    }

    @Test func `beyond so many at a time offers are lost`() {
        let notices = OfferNotices(FakeSource(), limit: 0, counts: counts, logger: logger)
        notices.tell(offer())
        #expect(counted(.offersLost) == [1])
    }
}
