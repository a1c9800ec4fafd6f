import GatewayKit
import GatewayServer
import HTTPTypes
import Testing

struct AccessLogSampleTests {
    private static let served = AccessLogExample.outcome(.answered, .ok)

    private static func chosen(_ share: Double, of ids: some Sequence<UInt64>) -> [UInt64] {
        let sample = AccessLogSample(share)
        return ids.filter { sample.includes(ExchangeID($0), served) }
    }

    @Test(arguments: [0.01, 0.1, 0.25, 0.5, 0.9])
    func `of ids in a row about the share is chosen`(_ share: Double) {
        let count = Double(Self.chosen(share, of: 0..<10_000).count)
        // Five standard deviations of that many throws of a die; the ids are the same in every run.
        #expect(abs(count - 10_000 * share) < 5 * (10_000 * share * (1 - share)).squareRoot())
    }

    @Test func `of random ids about the share is chosen`() {
        var random = SeededRandom(seed: 7)
        let count = Self.chosen(0.1, of: (0..<10_000).map { _ in random.next() }).count
        #expect((850...1_150).contains(count))
    }

    @Test func `the choice is the same in every instance`() {
        // Computed in Python with the finaliser of MurmurHash3.
        #expect(Self.chosen(0.1, of: 0..<40) == [0, 3, 29])
    }

    @Test func `what a small share chooses a larger one does too`() {
        #expect(Set(Self.chosen(0.05, of: 0..<10_000)).isSubset(of: Self.chosen(0.2, of: 0..<10_000)))
    }

    @Test(arguments: [(1.0, 1_000), (2, 1_000), (.infinity, 1_000), (0, 0), (-1, 0), (-.infinity, 0), (.nan, 0)])
    func `a share at or beyond the ends chooses all or none`(_ share: Double, _ count: Int) {
        #expect(Self.chosen(share, of: 0..<1_000).count == count)
    }

    @Test(arguments: [
        (Outcome.End.replied, HTTPResponse.Status.internalServerError), (.answered, .badGateway),
        (.upstreamFailed(.closed), .ok), (.upstreamFailed(.timeout), .gatewayTimeout), (.drained, .ok),
    ])
    func `what goes wrong is always written`(_ end: Outcome.End, _ status: HTTPResponse.Status) {
        #expect(AccessLogSample(0).includes(ExchangeID(1), AccessLogExample.outcome(end, status)))
    }

    @Test func `an exchange that the server cut off before its answer is always written`() {
        #expect(AccessLogSample(0).includes(ExchangeID(1), AccessLogExample.outcome(.drained, nil)))
    }

    @Test(arguments: [
        (Outcome.End.replied, HTTPResponse.Status(code: 402)), (.answered, .notFound), (.clientLeft, .ok),
    ])
    func `what a client does itself is sampled`(_ end: Outcome.End, _ status: HTTPResponse.Status) {
        #expect(!AccessLogSample(0).includes(ExchangeID(1), AccessLogExample.outcome(end, status)))
    }
}
