import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

struct UpstreamHealthCheckTests {
    /// A service that answers its checks by what the test says, and everything else with its name.
    private struct Checked {
        let isHealthy = Watched(true)
        let checks = Watched(0)

        func start(_ name: String) async throws -> ScriptedUpstream {
            try await .answering { request in
                guard request.startLine.hasPrefix("GET /healthz?deep=1 ") else { return .ok(name) }
                checks.update { $0 += 1 }
                return isHealthy.value ? .ok() : "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
            }
        }

        /// A verdict follows the answer to a check, so that the next check comes after it.
        func moreChecks() async throws {
            let before = checks.value
            try await checks.wait(for: "three more checks") { $0 >= before + 3 }
        }
    }

    private func names(_ count: Int, _ gateway: Gateway) async throws -> [String] {
        let client = try await gateway.connect()
        var names = [String]()
        for _ in 0..<count {
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            names.append(try await client.response().text)
        }
        return names
    }

    @Test(arguments: [1, 3])
    func `an endpoint that fails its checks is left out until it passes them`(threads: Int) async throws {
        let checked = (Checked(), Checked())
        let services = (try await checked.0.start("a"), try await checked.1.start("b"))
        let upstream = Upstream(
            name: "checked",
            endpoints: [
                .init(host: "127.0.0.1", port: services.0.port), .init(host: "127.0.0.1", port: services.1.port),
            ],
            healthCheck: .init(path: "/healthz?deep=1", interval: .milliseconds(100))
        )
        try await Gateway.serving([ForwardStage(upstream)], threads: threads) { gateway in
            #expect(try await Set(names(4, gateway)) == ["a", "b"])
            checked.0.isHealthy.update { $0 = false }
            try await checked.0.moreChecks()
            for _ in 0..<threads {
                #expect(try await names(4, gateway) == ["b", "b", "b", "b"])
            }
            checked.0.isHealthy.update { $0 = true }
            try await checked.0.moreChecks()
            #expect(try await Set(names(4, gateway)) == ["a", "b"])
        }
        await services.0.stop()
        await services.1.stop()
    }

    @Test func `where all endpoints fail their checks they are used`() async throws {
        let checked = Checked()
        let service = try await checked.start("a")
        checked.isHealthy.update { $0 = false }
        let upstream = Upstream(
            name: "checked",
            endpoints: [.init(host: "127.0.0.1", port: service.port)],
            healthCheck: .init(path: "/healthz?deep=1", interval: .milliseconds(100))
        )
        try await Gateway.serving([ForwardStage(upstream)]) { gateway in
            #expect(try await names(1, gateway) == ["a"])
            try await checked.moreChecks()
            #expect(try await names(1, gateway) == ["a"])
        }
        await service.stop()
    }

    @Test func `an endpoint that does not answer its check in time is left out`() async throws {
        let hanging = try await ScriptedUpstream.start { connection in
            let request = try await connection.request()
            if !request.startLine.hasPrefix("GET /healthz ") { try await connection.send(.ok("hanging")) }
        }
        let service = try await ScriptedUpstream.answering { _ in .ok("good") }
        let upstream = Upstream(
            name: "checked",
            endpoints: [.init(host: "127.0.0.1", port: hanging.port), .init(host: "127.0.0.1", port: service.port)],
            // Within its time the other one always answers, and the first requests come before the verdict.
            healthCheck: .init(path: "/healthz", interval: .milliseconds(200), timeout: .seconds(1))
        )
        let log = Watched<[String]>([])
        try await Gateway.serving([ForwardStage(upstream)]) { gateway in
            #expect(try await names(2, gateway) == ["hanging", "good"])
            // Each check has a connection of its own after one that timed out; the third comes after the verdict.
            _ = try await hanging.connection(3)
            #expect(try await names(3, gateway) == ["good", "good", "good"])
            log.update { $0 = gateway.log.entries.value.map(\.message) }
        }
        #expect(log.value.contains { $0.contains("an endpoint does not answer its checks") })
        await hanging.stop()
        await service.stop()
    }
}
