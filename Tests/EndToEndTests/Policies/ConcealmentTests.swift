import GatewayKit
import GatewayTesting
import L402
import Testing

@Suite struct `A route that asks for no credential` {
    @Test(arguments: ["L402", "LSAT", "l402", "lsat"])
    func `forwards no Authorization that is one`(scheme: String) async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let value = "\(scheme) \(token.token):\(token.preimage.bytes.hex)"
            let answer = try await gateway.request("/free/echo", [("Authorization", value), ("X-Kept", "yes")])
            #expect(answer.status == 200)
            #expect(answer.body.lowercased().contains("x-kept: yes"))
            #expect(!answer.body.lowercased().contains("authorization"))
            #expect(!answer.body.contains(token.preimage.bytes.hex))
        }
    }

    @Test(arguments: ["Macaroon", "Grpc-Metadata-Macaroon"])
    func `forwards no field of lnd's clients that is one`(name: String) async throws {
        try await TestGateway.with { gateway in
            let metadata = try #require(try await gateway.buy("/quotes").metadata)
            let answer = try await gateway.request("/free/echo", [(name, metadata), ("X-Kept", "yes")])
            #expect(answer.status == 200)
            #expect(answer.body.lowercased().contains("x-kept: yes"))
            #expect(!answer.body.lowercased().contains("macaroon"))
        }
    }

    @Test(arguments: ["Basic YTpi", "Bearer secret", "Digest realm=\"Payment x, Payment y\""])
    func `forwards what is the upstream's own`(value: String) async throws {
        try await TestGateway.with { gateway in
            let token = try await gateway.buy("/quotes")
            let fields = [("Authorization", token.authorization), ("Authorization", value)]
            let answer = try await gateway.request("/free/echo", fields)
            #expect(answer.status == 200)
            #expect(answer.body.contains(value))
            #expect(!answer.body.contains("L402"))
            #expect(!answer.body.contains(token.preimage.bytes.hex))
        }
    }

    @Test func `forwards no credential that does not count either`() async throws {
        try await TestGateway.with { gateway in
            let answer = try await gateway.request("/free/echo", [("Authorization", "LSAT nonsense")])
            #expect(answer.status == 200)
            #expect(!answer.body.contains("nonsense"))
        }
    }
}
