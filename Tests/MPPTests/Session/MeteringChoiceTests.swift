import GatewayKit
import GatewayTesting
import HTTPTypes
import MPP
import NIOCore
import Testing

/// Which responses are metered, and how.
struct MeteringChoiceTests {
    private func filter(_ meter: SessionMeter, _ fields: [(String, String)]) -> (any ResponseFilter)? {
        let exchange = Exchange.example()
        let account = ScriptedAccount(deposit: 1)
        var response = ResponseHead(status: .ok)
        for (name, value) in fields {
            if let name = FieldName(name) { response.fields.add(name, value) }
        }
        let metered = MeteredSession(account: account, meter: meter, challengeID: "id")
        MeteredResponse.meter(response, of: exchange, metered, patience: .init())
        let filter = exchange.responseFilter
        filter?.settle(as: Outcome(end: .answered, status: .ok, requestBytes: 0, responseBytes: 0))
        return filter
    }

    private static let stream = ("Content-Type", "text/event-stream; charset=utf-8")

    @Test func `a response that the request has paid for is not`() {
        #expect(filter(.request, [Self.stream]) == nil)
        #expect(filter(.event, [("Content-Type", "application/json")]) == nil)
    }

    @Test func `a stream of events loses its length`() {
        #expect(filter(.event, [Self.stream])?.keepsLength == false)
        #expect(filter(.bytes(.kibibytes(1)), [Self.stream])?.keepsLength == false)
    }

    @Test func `bytes keep their length`() {
        #expect(filter(.bytes(.kibibytes(1)), [("Content-Type", "text/plain")])?.keepsLength == true)
        #expect(filter(.bytes(.kibibytes(1)), [Self.stream, ("Content-Encoding", "gzip")])?.keepsLength == true)
    }

    @Test func `events that are compressed cannot be counted, and do not pass`() throws {
        let refusing = try #require(filter(.event, [Self.stream, ("Content-Encoding", "gzip")]))
        #expect(throws: (any Error).self) {
            _ = try refusing.passage(of: ByteBuffer(string: "x"), to: RecordedOutlet())
        }
    }
}
