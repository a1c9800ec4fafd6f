import GatewayPolicy
import Testing
import sluice

/// What is bought for a request that is cheap pays for no dearer one.
struct PricedRequestTests {
    private static let policy = """
        version: 1
        lightning: { use: dev, listen: 127.0.0.1:2 }
        upstreams: { back: { url: http://127.0.0.1:9 } }
        routes:
          - name: ruled
            match: { path: /ruled }
            pipeline:
              - auth: mpp
              - rate-limit: 1000/s
              - price: { rules: [{ when: 'request.headers["x-plan"] == "gold"', amount: 1 sat }], otherwise: 50 sat }
              - forward: back
          - name: sized
            match: { path: /sized }
            pipeline:
              - auth: { use: mpp, digest: 1 B }
              - rate-limit: 1000/s
              - price: { rules: [{ when: 'request.size <= 4', amount: 1 sat }], otherwise: 50 sat }
              - forward: back
          - name: asked
            match: { path: /asked }
            pipeline:
              - auth: mpp
              - rate-limit: 1000/s
              - price: { use: grpc, address: 127.0.0.1:1, cache: { for: 0s, headers: [x-plan] } }
              - forward: back
        """

    private func failures(_ steps: String) async throws -> [String] {
        let tests = "tests:\n  - name: a\n    steps:\n" + steps
        let report = try await TestSuite(policy: Self.policy, tests: tests).report()
        return report.results.flatMap(\.failures).map(\.description)
    }

    @Test func `fields that a rule asks about are those of the payment`() async throws {
        let found = try await failures(
            """
                  - request: { url: "http://h/ruled", headers: { x-plan: gold, accept: text/plain } }
                    credential: { use: charge, bought-with: { url: "http://h/ruled", headers: { x-plan: gold } } }
                    expect: 200
                  - request: GET http://h/ruled
                    credential: { use: charge, bought-with: { url: "http://h/ruled", headers: { x-plan: gold } } }
                    expect: { status: 402, price: 50 sat, stage: auth, upstream: none }
            """
        )
        #expect(found == [])
    }

    @Test func `the length that a rule asks about is that of the payment`() async throws {
        let found = try await failures(
            """
                  - request: { method: POST, url: "http://h/sized", body: four }
                    credential: charge
                    expect: 200
                  - request: { method: POST, url: "http://h/sized", body: longer }
                    credential: { use: charge, bought-with: { method: POST, url: "http://h/sized", body: four } }
                    expect: { status: 402, price: 50 sat, stage: auth, upstream: none }
            """
        )
        #expect(found == [])
    }

    @Test func `fields that are named to a price server are those of the payment`() async throws {
        let found = try await failures(
            """
                  - request: { url: "http://h/asked", headers: { x-plan: gold } }
                    pricer: 5 sat
                    credential: charge
                    expect: 200
                  - request: GET http://h/asked
                    credential: { use: charge, bought-with: { url: "http://h/asked", headers: { x-plan: gold } } }
                    expect: { status: 402, stage: auth, upstream: none }
            """
        )
        #expect(found == [])
    }

    @Test func `what is paid for a request without a body pays for none with one`() async throws {
        let found = try await failures(
            """
                  - request: { method: POST, url: "http://h/asked" }
                    pricer: 5 sat
                    credential: charge
                    expect: 200
                  - request: { method: POST, url: "http://h/asked", body: all of it }
                    credential: { use: charge, bought-with: { method: POST, url: "http://h/asked" } }
                    expect: { status: 402, stage: auth, upstream: none }
            """
        )
        #expect(found == [])
    }
}
