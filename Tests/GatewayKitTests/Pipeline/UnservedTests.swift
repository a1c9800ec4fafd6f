import GatewayKit
import GatewayTesting
import HTTPTypes
import Testing

@Suite("What a request has used up")
struct UnservedTests {
    private func judged(
        _ end: Outcome.End,
        _ status: Int?,
        wasForwarded: Bool,
        replied: Int? = nil
    ) -> (isUnserved: Bool, isFailed: Bool) {
        let exchange = Exchange.example()
        exchange.wasForwarded = wasForwarded
        exchange.repliedStatus = replied.map { HTTPResponse.Status(code: $0) }
        let outcome = Outcome(
            end: end,
            status: status.map { HTTPResponse.Status(code: $0) },
            requestBytes: 0,
            responseBytes: 0
        )
        return (outcome.isUnserved(exchange), outcome.isFailed(exchange))
    }

    private func isUnserved(_ end: Outcome.End, _ status: Int?, wasForwarded: Bool, replied: Int? = nil) -> Bool {
        judged(end, status, wasForwarded: wasForwarded, replied: replied).isUnserved
    }

    @Test func `a refusal before the service saw anything uses nothing up`() {
        #expect(isUnserved(.replied, 429, wasForwarded: false))
        #expect(isUnserved(.upstreamFailed(.unreachable), 502, wasForwarded: false))
        #expect(isUnserved(.upstreamFailed(.timeout), 504, wasForwarded: false, replied: 504), "of a connection")
    }

    @Test func `neither does a client that leaves before that, nor the end of the server`() {
        #expect(isUnserved(.clientLeft, nil, wasForwarded: false))
        #expect(isUnserved(.drained, nil, wasForwarded: false))
        #expect(isUnserved(.clientLeft, 402, wasForwarded: false, replied: 402))
        #expect(!isUnserved(.clientLeft, 200, wasForwarded: false, replied: 200), "an answer of the gateway's own")
        #expect(!isUnserved(.drained, nil, wasForwarded: true))
    }

    @Test func `a refusal that goes out as a 200, as those of JSON-RPC and gRPC do, is one`() {
        #expect(isUnserved(.replied, 200, wasForwarded: false, replied: 429))
        #expect(!isUnserved(.replied, 200, wasForwarded: false, replied: 200))
    }

    @Test(arguments: [400, 408, 413])
    func `a refusal of a body that the service was already sent does`(status: Int) {
        #expect(!isUnserved(.replied, status, wasForwarded: true))
    }

    @Test func `an answer does, and so does a client that leaves`() {
        #expect(!isUnserved(.answered, 500, wasForwarded: true))
        #expect(!isUnserved(.upstreamFailed(.timeout), 504, wasForwarded: true, replied: 504))
        #expect(!isUnserved(.replied, 200, wasForwarded: false))
        #expect(!isUnserved(.clientLeft, nil, wasForwarded: true))
    }

    @Test(arguments: [
        (Outcome.End.replied, 429 as Int?, false, true), (.upstreamFailed(.unreachable), 502, false, true),
        (.upstreamFailed(.timeout), 504, true, true), (.upstreamFailed(.closed), nil, true, true),
        (.upstreamFailed(.closed), 200, true, false), (.answered, 503, true, true), (.answered, 404, true, false),
        (.clientLeft, nil, false, true), (.clientLeft, nil, true, false), (.clientLeft, 200, true, false),
        (.drained, nil, true, true), (.cut, 200, true, false), (.replied, 413, true, false),
    ])
    func `a request has failed when its client got nothing and did not leave`(
        _ end: Outcome.End,
        _ status: Int?,
        _ wasForwarded: Bool,
        _ expected: Bool
    ) {
        #expect(judged(end, status, wasForwarded: wasForwarded).isFailed == expected)
    }

    @Test func `a failure that gRPC is told with a 200 is one`() {
        #expect(judged(.upstreamFailed(.timeout), 200, wasForwarded: true, replied: 504).isFailed)
    }
}
