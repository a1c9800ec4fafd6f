import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: ProtocolPeer.isExpected, ProtocolPeer.whyNot))
struct `Protocols: gRPC` {
    private struct Port: Decodable {
        let port: Int
    }

    private struct Call: Decodable, Equatable {
        /// As in `grpc-status`.
        var code: Int
        var messages: [String]?
        var message: String?
        var metadata: [String: String]?
    }

    /// Where Debian's nginx stands, with `grpc_pass`.
    enum Passage: String, CaseIterable {
        case direct = "no nginx"
        case before = "nginx before the gateway"
        case behind = "nginx behind the gateway"
    }

    /// An nginx that passes everything on.
    private func passing(to port: Int) async throws -> (Nginx, port: Int) {
        let own = try await Nginx.freePort()
        let nginx = try Nginx(
            "server { listen 127.0.0.1:\(own) http2; location / { grpc_pass grpc://127.0.0.1:\(port); } }",
            in: try TemporaryFolder()
        )
        try await nginx.listening()
        return (nginx, own)
    }

    @Test(arguments: Passage.allCases)
    func `calls of every kind, errors, deadlines and cancellations pass`(passage: Passage) async throws {
        let upstream = try PythonUpstream("grpc_upstream.py")
        let slow = try PythonUpstream("upstream.py", ["http2", "{folder}"])
        let place: Port = try await upstream.place()
        let slowPlace: ProtocolUpstream.Place = try await slow.place()
        let behind = passage == .behind ? try await passing(to: place.port) : nil
        let calls: [String: Call] = try await ProtocolGateway.with(
            upstreams: [
                "echo: { url: \"h2c://127.0.0.1:\(behind?.port ?? place.port)\" }",
                "slow: { url: \"h2c://127.0.0.1:\(slowPlace.clear)\" }",
                // Nobody can listen there.
                "down: { url: \"h2c+unix:/proc/nobody.sock\" }",
            ],
            routes: [
                "{ name: echo, match: { path: /test.Echo/* }, pipeline: [ forward: echo ] }",
                "{ name: slow, match: { path: /seen }, pipeline: [ forward: slow ] }",
                "{ name: down, match: { path: /test.Down/* }, pipeline: [ forward: down ] }",
                "{ name: paid, match: { path: /test.Paid/* }, pipeline: [ use: paid ] }",
            ],
            extra: """
                lightning: { use: dev, listen: 127.0.0.1:0 }
                store: { use: sqlite }
                pipelines:
                  paid:
                    - auth: { use: l402, valid-for: 1h }
                    - caveats: [service, expires, path, method, address]
                    - price: 10 sat
                    - forward: echo
                """
        ) { gateway in
            let before = passage == .before ? try await passing(to: gateway.port) : nil
            let calls: [String: Call] = try await ProtocolPeer.ask(
                "grpc_client.py",
                ["\(before?.port ?? gateway.port)"]
            )
            withExtendedLifetime(before) {}
            return calls
        }
        withExtendedLifetime((upstream, slow, behind)) {}

        let metadata = ["x-initial": "here", "x-raw-bin": "00ff", "x-trailing": "here"]
        #expect(calls["unary"] == Call(code: 0, messages: ["hello"], metadata: metadata))
        #expect(calls["large"] == Call(code: 0, messages: ["True"]))
        #expect(calls["server_stream"] == Call(code: 0, messages: (0..<5).map { "part\($0)" }))
        #expect(calls["client_stream"] == Call(code: 0, messages: ["a+b+c"]))
        #expect(calls["both"] == Call(code: 0, messages: (0..<5).map { "\($0)" }))
        #expect(calls["failing"]?.code == 9)
        #expect(calls["failing"]?.message == "nein: größer")
        #expect(calls["failing"]?.metadata?["x-reason"] == "because")
        #expect(calls["deadline"] == Call(code: 4, messages: ["gone"]))
        #expect(calls["bounded"] == Call(code: 4, messages: ["200"]), "the gateway's own deadline")
        #expect(calls["cancelled"] == Call(code: 1, messages: ["gone"]))
        #expect(calls["down"]?.code == 14)
        #expect(calls["paid"]?.code == 13)
        #expect(calls["paid"]?.metadata?["www-authenticate"]?.contains("macaroon=") == true)
    }
}
