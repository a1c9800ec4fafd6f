import Testing

/// With grpcio, which shows a refusal as its applications see it.
@Suite(.timeLimit(.minutes(2)), .enabled(if: ProtocolPeer.isExpected, ProtocolPeer.whyNot))
struct GRPCPaymentTests {
    private struct Port: Decodable {
        let port: Int
    }

    private struct Bought: Decodable {
        let code: Int
        let message: String
        let schemes: [String]
        let initial: [String]
        let messages: [String]
        let receipt: String?
        let again: [String]
        let codeAgain: Int
    }

    @Test func `a client reads both offers from the trailers, pays either, and makes calls of both kinds`() async throws
    {
        let upstream = try PythonUpstream("grpc_upstream.py")
        let place: Port = try await upstream.place()
        let policy = """
            version: 1
            listen: 127.0.0.1:0
            lightning: { use: dev, listen: 127.0.0.1:0 }
            store: { use: sqlite }
            upstreams:
              echo: { url: "h2c://127.0.0.1:\(place.port)" }
            routes:
              - name: echo
                match: { path: /test.Echo/* }
                pipeline:
                  - auth: [{ use: l402, valid-for: 1h }, mpp]
                  - caveats: [service, expires]
                  - rate-limit: { limit: 1000/s }
                  - price: 10 sat
                  - forward: echo
            """
        let bought: [String: Bought] = try await ProtocolGateway.serving(policy, in: try TemporaryFolder()) { ports in
            try await ProtocolPeer.ask("grpc_payments.py", ["\(ports[0])", "http://127.0.0.1:\(ports[1])"])
        }
        withExtendedLifetime(upstream) {}
        #expect(bought.count == 4)
        for (name, call) in bought {
            // 13: INTERNAL, which clients of L402 take for a payment (aperture).
            #expect(call.code == 13, "\(name)")
            #expect(call.message == "payment required", "\(name)")
            #expect(call.schemes == ["LSAT", "L402", "Payment"], "\(name)")
            #expect(call.initial.isEmpty, "\(name) is not trailers-only")
            #expect(call.messages == (name.hasPrefix("unary") ? ["hello"] : (0..<5).map { "part\($0)" }), "\(name)")
            if name.hasSuffix("token") {
                #expect(call.receipt == nil, "\(name)")
                #expect(call.again == call.messages, "\(name)")
            } else {
                #expect(call.receipt == "success", "\(name)")
                #expect(call.again.isEmpty && call.codeAgain == 13, "\(name)")
            }
        }
    }
}
