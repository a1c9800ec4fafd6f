import Testing

/// With grpcio, as a stand-in for Envoy.
@Suite(.timeLimit(.minutes(5)), .enabled(if: ProtocolPeer.isExpected, ProtocolPeer.whyNot))
struct EnvoyAuthorizationTests {
    private struct Told: Decodable {
        let code: Int
        let status: Int?
        let headers: [[String]]
        let body: String
        let removed: [String]

        func values(of name: String) -> [String] { headers.filter { $0.first == name }.compactMap(\.last) }
    }

    private struct Answers: Decodable {
        let unpaid: Told
        let paid: Told
        let elsewhere: Told
        let spelled: Told
        let unsent: Told
        let sent: Told
        let split: Told
        let serving: Bool
    }

    @Test func `a proxy is told to refuse what is not paid for, and to forward what is`() async throws {
        let answers: Answers = try await AuthorizingGateway.with { gateway in
            try await ProtocolPeer.ask("ext_authz.py", ["\(gateway.port)", gateway.node])
        }
        #expect(answers.unpaid.code == 16)
        #expect(answers.unpaid.status == 402)
        #expect(answers.unpaid.values(of: "www-authenticate").map { $0.prefix(5) } == ["LSAT ", "L402 "])
        #expect(answers.unpaid.values(of: "content-type") == ["application/problem+json"])
        #expect(answers.unpaid.values(of: "content-length").isEmpty)
        #expect(answers.unpaid.body.contains("payment-required"))

        #expect(answers.paid.code == 0)
        #expect(answers.paid.removed == ["authorization"])
        #expect(answers.paid.values(of: "x-paid") == ["yes"])
        #expect(answers.paid.values(of: "x-sold-by") == ["sluice"])
        #expect(answers.paid.values(of: "x-other").isEmpty)

        #expect(answers.elsewhere.status == 404)
        #expect(answers.spelled.status == 402)
        #expect(answers.split.status == 400)
        #expect(answers.serving)

        // A body that a price asks for, and that the proxy did not send, is not taken for empty.
        #expect(answers.unsent.status == 413)
        #expect(answers.sent.status == 402)
    }
}
