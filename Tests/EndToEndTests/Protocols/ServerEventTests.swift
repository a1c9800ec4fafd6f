import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: ProtocolPeer.isExpected, ProtocolPeer.whyNot))
struct `Protocols: server-sent events` {
    private struct Answer: Decodable, Equatable {
        let type: String
        let events: [String]
    }

    @Test(arguments: ProtocolUpstream.allCases)
    func `pass one by one, each before the next is sent`(upstream: ProtocolUpstream) async throws {
        let fronts: [ProtocolFront] = [.http1, .h2c, .http1TLS, .http2TLS]
        let answers: [String: Answer] = try await upstream.behindGateway { gateway in
            try await ProtocolPeer.ask("server_events.py", [ProtocolFront.places(fronts, gateway)])
        }
        let events = (0..<3).map { "id: \($0)\ndata: event \($0)" }
        for front in fronts {
            #expect(answers[front.rawValue] == Answer(type: "text/event-stream", events: events), "\(front.rawValue)")
        }
    }
}
