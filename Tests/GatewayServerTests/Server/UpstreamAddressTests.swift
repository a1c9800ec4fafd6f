import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

/// Upstreams whose name has several addresses, of which some lead nowhere.
struct UpstreamAddressTests {
    private func upstream(connect: Duration = .seconds(5), health: Upstream.HealthCheck? = nil) -> Upstream {
        Upstream(
            name: "named",
            endpoints: [.init(host: "service.example", port: 8080)],
            timeouts: .init(connect: connect),
            healthCheck: health
        )
    }

    private func answers(_ count: Int, _ gateway: Gateway) async throws -> [String] {
        let client = try await gateway.connect()
        var answers = [String]()
        for _ in 0..<count {
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try await client.response()
            answers.append(response.status == 200 ? response.text : "\(response.status)")
        }
        return answers
    }

    private func local(_ port: Int) throws -> SocketAddress {
        try SocketAddress(ipAddress: "127.0.0.1", port: port)
    }

    /// The block for documentation (RFC 3849) is routed nowhere; on the loopback interface nobody listens.
    @Test(arguments: ["2001:db8::1", "::1"])
    func `a family of addresses that cannot be reached costs no request`(_ unreachable: String) async throws {
        let service = try await ScriptedUpstream.answering { _ in .ok("a") }
        let resolver = ScriptedResolver([
            try SocketAddress(ipAddress: unreachable, port: try await ScriptedUpstream.closedPort()),
            try local(service.port),
        ])
        try await Gateway.serving([ForwardStage(upstream())], resolver: resolver) { gateway in
            let answered = try await answers(6, gateway)
            #expect(answered == ["a", "a", "a", "a", "a", "a"])
        }
        await service.stop()
    }

    @Test func `an address that lets nothing be heard holds no request up`() async throws {
        let service = try await ScriptedUpstream.answering { _ in .ok("a") }
        let silent = try SilentListener()
        let resolver = ScriptedResolver([silent.address, try local(service.port)])
        let stage = ForwardStage(upstream(connect: .seconds(3_600)))
        try await Gateway.serving([stage], resolver: resolver) { gateway in
            let answered = try await answers(6, gateway)
            #expect(answered == ["a", "a", "a", "a", "a", "a"])
        }
        await service.stop()
        withExtendedLifetime(silent) {}
    }

    @Test func `each address of a name is checked, by its name`() async throws {
        let checks = Watched<[String: [String]]>([:])
        let isHealthy = Watched(true)
        func service(_ name: String) async throws -> ScriptedUpstream {
            try await .answering { request in
                guard request.startLine.hasPrefix("GET /healthz ") else { return .ok(name) }
                checks.update { $0[name, default: []] += request.values(of: "host") }
                guard name == "a", !isHealthy.value else { return .ok() }
                return "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
            }
        }
        let services = (try await service("a"), try await service("b"))
        let resolver = try ScriptedResolver([services.0.port, services.1.port])
        let checked = upstream(health: .init(path: "/healthz", interval: .milliseconds(100)))
        try await Gateway.serving([ForwardStage(checked)], threads: 2, resolver: resolver) { gateway in
            var answered = try await answers(4, gateway)
            #expect(Set(answered) == ["a", "b"])
            isHealthy.update { $0 = false }
            let seen = checks.value["a"]?.count ?? 0
            try await checks.wait(for: "checks of both") { ($0["a"]?.count ?? 0) > seen + 3 && $0["b"] != nil }
            // On either event loop.
            for _ in 0..<2 {
                answered = try await answers(4, gateway)
                #expect(answered == ["b", "b", "b", "b"])
            }
            #expect(Set(checks.value.values.joined()) == ["service.example:8080"])
        }
        for service in [services.0, services.1] { await service.stop() }
    }
}
