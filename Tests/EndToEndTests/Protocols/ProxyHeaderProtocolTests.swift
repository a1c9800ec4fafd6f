import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: ProtocolPeer.isExpected, ProtocolPeer.whyNot))
struct `Protocols: PROXY header` {
    private struct Answer: Decodable {
        let status: Int
        let fields: [String: String]
    }

    private func ask(_ version: String, trusted: String) async throws -> Answer {
        let upstream = try PythonUpstream("upstream.py", ["http1", "{folder}"])
        let place: ProtocolUpstream.Place = try await upstream.place()
        let policy = """
            version: 1
            listen: { address: 127.0.0.1:0, proxy-protocol: true, trusted-proxies: [\(trusted)] }
            upstreams:
              service: { url: "http://127.0.0.1:\(place.clear)" }
            routes:
              - { name: all, match: { path: /* }, pipeline: [ forward: service ] }
            """
        let answer: Answer = try await ProtocolGateway.serving(policy, in: try TemporaryFolder()) { ports in
            try await ProtocolPeer.ask("proxy_header.py", [version, "\(ports[0])"])
        }
        withExtendedLifetime(upstream) {}
        return answer
    }

    @Test(arguments: ["1", "2"])
    func `of a trusted peer tells who the client is`(version: String) async throws {
        let answer = try await ask(version, trusted: "127.0.0.0/8")
        #expect(answer.status == 200)
        #expect(answer.fields["x-forwarded-for"] == "203.0.113.7")
    }

    @Test(arguments: ["1", "2"])
    func `of anybody else is not read, and is no request`(version: String) async throws {
        let answer = try await ask(version, trusted: "10.0.0.0/8")
        #expect(answer.status == 400)
        #expect(answer.fields.isEmpty)
    }
}
