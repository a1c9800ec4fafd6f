import Free
import GatewayKit
import GatewayTesting
import HTTPTypes
import Testing

@Suite("What a request has used up")
struct UnservedTests {
    private func isUnserved(_ end: Outcome.End, _ status: Int?, wasForwarded: Bool, replied: Int? = nil) -> Bool {
        let exchange = Exchange.example()
        exchange.wasForwarded = wasForwarded
        exchange.repliedStatus = replied.map { HTTPResponse.Status(code: $0) }
        return Outcome(
            end: end,
            status: status.map { HTTPResponse.Status(code: $0) },
            requestBytes: 0,
            responseBytes: 0
        ).isUnserved(exchange)
    }

    @Test func `a refusal before the service saw anything uses nothing up`() {
        #expect(isUnserved(.replied, 429, wasForwarded: false))
        #expect(isUnserved(.upstreamFailed(.unreachable), 502, wasForwarded: false))
        #expect(isUnserved(.upstreamFailed(.timeout), 504, wasForwarded: false, replied: 504), "of a connection")
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
}
