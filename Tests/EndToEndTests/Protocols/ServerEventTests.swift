import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: ProtocolPeer.isExpected, ProtocolPeer.whyNot))
struct `Protocols: server-sent events` {
    private struct Answer: Decodable, Equatable {
        let type: String
        let events: [String]
    }

    @Test(arguments: [ProtocolFront.http1, .h2c, .http1TLS, .http2TLS], ProtocolUpstream.allCases)
    func `pass one by one, each before the next is sent`(
        front: ProtocolFront,
        upstream: ProtocolUpstream
    ) async throws {
        let answer: Answer = try await upstream.behindGateway { gateway in
            try await ProtocolPeer.ask("server_events.py", [front.version, front.place(gateway)])
        }
        let events = (0..<3).map { "id: \($0)\ndata: event \($0)" }
        #expect(answer == Answer(type: "text/event-stream", events: events))
    }
}
