import GatewayKit
import GatewayTesting
import L402
import MPP
import NIOHTTP1
import Testing

@Suite struct `A free quota` {
    /// Its clients are whoever they say.
    private static let listen = "{ address: 127.0.0.1:0, trusted-proxies: [127.0.0.0/8] }"

    private static func routes(_ quota: String = "{ 3/day }", before: String = "rate-limit: { limit: 1000/s }")
        -> String
    {
        """
          - name: data
            match: { path: /data }
            pipeline:
              - auth: [{ use: l402, valid-for: 1h }, mpp, free-quota: \(quota)]
              - caveats: [service, expires]
              - \(before)
              - price: 10 sat
              - forward: echo
          - name: down
            service: data
            match: { path: /down }
            pipeline:
              - auth: [{ use: l402, valid-for: 1h }, mpp, free-quota: \(quota)]
              - caveats: [service, expires]
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: nobody
          - name: alone
            match: { path: /alone }
            pipeline:
              - auth: { free-quota: 1/h }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
        """
    }

    private static func with(
        _ quota: String = "{ 3/day }",
        before: String = "rate-limit: { limit: 1000/s }",
        time: ManualTime = ManualTime(),
        folder: String? = nil,
        _ body: (TestGateway) async throws -> Void
    ) async throws {
        try await TestGateway.with(
            listen: listen,
            routes: routes(quota, before: before),
            time: time.source,
            folder: folder,
            body
        )
    }

    private static func from(_ address: String) -> [(String, String)] { [("X-Forwarded-For", address)] }

    /// How many of so many requests of an address are served.
    private static func served(
        _ count: Int,
        _ gateway: TestGateway,
        _ path: String = "/data",
        from address: String = "192.0.2.1"
    ) async throws -> Int {
        var served = 0
        for _ in 0..<count where try await gateway.request(path, from(address)).status == 200 {
            served += 1
        }
        return served
    }

    @Test(arguments: ["{ 3/day }", "3/day", "{ limit: 3/d }"])
    func `lets so many requests through, and then they are to be paid`(quota: String) async throws {
        try await Self.with(quota) { gateway in
            for left in [2, 1, 0] {
                let answer = try await gateway.request("/data", Self.from("192.0.2.1"))
                expectStatus(200, answer)
                #expect(answer.headers["ratelimit-policy"] == ["\"free\";q=3;w=86400"])
                #expect(answer.headers["ratelimit"] == ["\"free\";r=\(left);t=86400"])
                #expect(answer.headers["www-authenticate"].isEmpty)
            }
            let asked = try await gateway.request("/data", Self.from("192.0.2.1"))
            #expect(asked.status == 402)
            #expect(asked.headers["www-authenticate"].map { $0.prefix(5) } == ["LSAT ", "L402 ", "Payme"])
            #expect(asked.headers["ratelimit"] == ["\"free\";r=0;t=86400"])
            #expect(asked.problem?["freeAgainIn"]?.text == "86400s")
        }
    }

    @Test func `is not touched by what is paid for`() async throws {
        try await Self.with("1/day") { gateway in
            expectStatus(200, try await gateway.request("/data"))
            let token = try await gateway.buy("/data")
            let other = Self.from("192.0.2.9")
            for _ in 0..<3 {
                let answer = try await gateway.request("/data", other + [("Authorization", token.authorization)])
                expectStatus(200, answer)
                #expect(answer.headers["ratelimit"].isEmpty)
            }
            expectStatus(200, try await gateway.request("/data", other))
        }
    }

    @Test func `is not for whoever brings a credential that does not count`() async throws {
        try await Self.with { gateway in
            let answer = try await gateway.request("/data", [("Authorization", "L402 nonsense")])
            #expect(answer.status == 402)
            #expect(answer.problem?["reason"]?.text == "malformed")
            #expect(answer.problem?["freeAgainIn"] == nil)
            expectStatus(200, try await gateway.request("/data"))
        }
    }

    @Test func `counts addresses apart, and those of one IPv6 network together`() async throws {
        try await Self.with("2/day") { gateway in
            let served1 = try await Self.served(3, gateway, from: "192.0.2.1")
            #expect(served1 == 2)
            let served2 = try await Self.served(3, gateway, from: "192.0.2.2")
            #expect(served2 == 2)
            let served3 = try await Self.served(1, gateway, from: "2001:db8::1")
            #expect(served3 == 1)
            let served4 = try await Self.served(3, gateway, from: "2001:db8::ffff")
            #expect(served4 == 1)
            let served5 = try await Self.served(3, gateway, from: "2001:db8:0:1::1")
            #expect(served5 == 2)
        }
    }

    @Test func `counts the blocks that the policy says`() async throws {
        try await Self.with("{ limit: 2/day, ipv4: /24, ipv6: /48 }") { gateway in
            let served6 = try await Self.served(1, gateway, from: "192.0.2.1")
            #expect(served6 == 1)
            let served7 = try await Self.served(3, gateway, from: "192.0.2.200")
            #expect(served7 == 1)
            let served8 = try await Self.served(2, gateway, from: "192.0.3.1")
            #expect(served8 == 2)
            let served9 = try await Self.served(3, gateway, from: "2001:db8::1")
            #expect(served9 == 2)
            let served10 = try await Self.served(3, gateway, from: "2001:db8:0:1::1")
            #expect(served10 == 0)
        }
    }

    @Test func `is exact for many at the same time`() async throws {
        try await Self.with("7/day") { gateway in
            let served = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<24 { group.addTask { try await gateway.request("/data").status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(served.count { $0 == 200 } == 7)
            #expect(served.count { $0 == 402 } == 17)
        }
    }

    @Test func `outlives the gateway, and begins anew with the next day`() async throws {
        let folder = try TemporaryFolder()
        let time = ManualTime()
        try await Self.with("10/day", time: time, folder: folder.path) { gateway in
            let served11 = try await Self.served(3, gateway)
            #expect(served11 == 3)
        }
        try await Self.with("10/day", time: time, folder: folder.path) { gateway in
            let served12 = try await Self.served(12, gateway)
            #expect(served12 == 7)
            time.advance(by: .seconds(86_399))
            let served13 = try await Self.served(1, gateway)
            #expect(served13 == 0)
            time.advance(by: .seconds(1))
            let served14 = try await Self.served(12, gateway)
            #expect(served14 == 10)
        }
    }

    @Test func `is given back by a request that never reached its service`() async throws {
        try await Self.with("1/day") { gateway in
            for _ in 0..<3 {
                let status = try await gateway.request("/down").status
                #expect([502, 503].contains(status))
            }
            let served15 = try await Self.served(2, gateway, from: "127.0.0.1")
            #expect(served15 == 1)
        }
    }

    @Test func `is not used up by what a rate limit refuses`() async throws {
        let time = ManualTime()
        try await Self.with("2/day", before: "rate-limit: { limit: 1/m, burst: 1, per: address }", time: time) {
            gateway in
            expectStatus(200, try await gateway.request("/data"))
            expectStatus(429, try await gateway.request("/data"))
            time.advance(by: .seconds(60))
            let answer = try await gateway.request("/data")
            expectStatus(200, answer)
            #expect(answer.headers["ratelimit"].first?.hasPrefix("\"free\";r=0;") == true)
        }
    }

    @Test func `where nothing is for sale is a rate limit`() async throws {
        try await Self.with { gateway in
            expectStatus(200, try await gateway.request("/alone"))
            let refused = try await gateway.request("/alone")
            expectStatus(429, refused)
            #expect(refused.headers["retry-after"] == ["3600"])
            #expect(refused.headers["www-authenticate"].isEmpty)
        }
    }

    @Test func `costs no invoice while it lasts, and needs no node`() async throws {
        try await Self.with("1/day") { gateway in
            _ = try await gateway.request("/dev/behaviour", method: .POST, body: #"{"mode":"down"}"#, at: gateway.node)
            expectStatus(200, try await gateway.request("/data"))
            expectStatus(503, try await gateway.request("/data"))
        }
    }

    @Test func `a batch of calls is not one free request`() async throws {
        try await TestGateway.with(
            routes: """
                  - name: tools
                    match: { path: /rpc, mcp: tools/call }
                    pipeline:
                      - auth: { free-quota: 1/h }
                      - rate-limit: { limit: 1000/s }
                      - price: 10 sat
                      - forward: echo
                """
        ) { gateway in
            let call = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#
            let fields = [("Content-Type", "application/json")]
            let batch = try await gateway.request("/rpc", method: .POST, fields, body: "[\(call),\(call)]")
            #expect(batch.body.contains("-32600"))
            #expect(batch.body.contains("a batch may hold no call that costs something"))
            let single = try await gateway.request("/rpc", method: .POST, fields, body: call)
            #expect(single.body.contains("\"result\""))
        }
    }

    @Test func `is given back for a call that is refused behind it, although the answer is a 200`() async throws {
        let steps = "auth: { free-quota: 2/h }, price: 10 sat"
        try await TestGateway.with(
            routes: """
                  - name: limited
                    service: tools
                    match: { path: /rpc, mcp: tools/call, tool: limited }
                    pipeline: [ \(steps), rate-limit: { limit: 1/h, burst: 1, per: address }, forward: echo ]
                  - name: open
                    service: tools
                    match: { path: /rpc, mcp: tools/call, tool: open }
                    pipeline: [ \(steps), forward: echo ]
                """,
            time: ManualTime().source
        ) { gateway in
            let fields = [("Content-Type", "application/json")]
            func answers(_ tool: String, _ count: Int) async throws -> [Bool] {
                var served = [Bool]()
                for _ in 0..<count {
                    let call = TestGateway.call(tool)
                    let answer = try await gateway.request("/rpc", method: .POST, fields, body: call)
                    expectStatus(200, answer)
                    served.append(answer.body.contains("\"result\""))
                }
                return served
            }
            let limited = try await answers("limited", 4)
            #expect(limited == [true, false, false, false])
            let open = try await answers("open", 2)
            #expect(open == [true, false])
        }
    }

    @Test func `a token that is bought beside it asks the store for nothing`() async throws {
        try await TestGateway.with(
            routes: """
                  - name: data
                    match: { path: /data }
                    pipeline:
                      - auth: [{ use: l402, valid-for: 1h }, free-quota: 1/day]
                      - caveats: [service, expires]
                      - rate-limit: { limit: 1000/s }
                      - price: 10 sat
                      - forward: echo
                """,
            time: ManualTime().source
        ) { gateway in
            expectStatus(200, try await gateway.request("/data"))
            let token = try await gateway.buy("/data")
            let identifier = try #require(token.macaroon.flatMap { L402Identifier($0.identifier) })
            #expect(!identifier.isShared)
        }
    }
}
