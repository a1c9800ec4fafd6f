import GatewayKit
import NIOHTTP1
import Testing

/// What a gRPC client reads where both schemes sell.
struct RefusedCallTests {
    private static let routes = """
          - name: limited
            match: { grpc: test.Limited/* }
            pipeline:
              - auth: [{ use: l402, valid-for: 1h }, mpp]
              - caveats: [service, expires]
              - rate-limit: { limit: 1/h, burst: 1, per: address }
              - price: 10 sat
              - forward: echo
          - name: members
            match: { grpc: test.Members/* }
            pipeline:
              - auth: [{ use: l402, valid-for: 1h }, mpp]
              - caveats: [service, expires]
              - forward: echo
        """

    private static func call(
        _ gateway: TestGateway,
        _ path: String,
        _ fields: [(String, String)] = []
    ) async throws -> TestGateway.Answer {
        try await gateway.request(
            path,
            method: .POST,
            [("Content-Type", "application/grpc"), ("TE", "trailers")] + fields,
            body: "\0\0\0\0\0"
        )
    }

    @Test func `a limit is told with its own status, and when to come back`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let asked = try await Self.call(gateway, "/test.Limited/Get")
            #expect(asked.headers["grpc-status"] == ["13"])
            #expect(asked.headers["grpc-message"] == ["payment required"])
            #expect(asked.headers["www-authenticate"].count == 3)
            let limited = try await Self.call(gateway, "/test.Limited/Get")
            #expect(limited.status == 200)
            #expect(limited.headers["content-type"] == ["application/grpc"])
            #expect(limited.headers["grpc-status"] == ["8"])
            #expect(limited.headers["retry-after"].count == 1)
            #expect(limited.headers["www-authenticate"].isEmpty)
            #expect(limited.body.isEmpty)
        }
    }

    @Test(arguments: ["L402 nonsense", "Payment nonsense"])
    func `a credential that does not count says so where nothing is sold, and not that it must be paid`(
        credential: String
    ) async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let answer = try await Self.call(gateway, "/test.Members/Get", [("Authorization", credential)])
            #expect(answer.status == 200)
            #expect(answer.headers["grpc-status"] == ["16"])
            #expect(answer.headers["grpc-message"].first?.contains("payment required") == false)
            #expect(answer.headers["www-authenticate"].count == 2)
            #expect(answer.body.isEmpty)
        }
    }
}
