import GatewayKit
import GatewayServer
import HTTPTypes
import Testing

struct UpstreamPoolTests {
    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Answers each request once its gate is open.
    private func gated(_ gate: Watched<Bool>, _ seen: Watched<Int>) async throws -> ScriptedUpstream {
        try await .start { connection in
            while true {
                _ = try await connection.request()
                seen.update { $0 += 1 }
                try await gate.wait(for: "the gate") { $0 }
                try await connection.send(.ok())
            }
        }
    }

    @Test func `requests of several clients share a connection`() async throws {
        let service = try await ScriptedUpstream.answering { _ in .ok() }
        try await Gateway.forwarding(to: service) { gateway in
            for _ in 1...5 {
                let client = try await gateway.connect()
                for _ in 1...5 {
                    try await client.send(get)
                    #expect(try await client.response().status == 200)
                }
                await client.close()
            }
            #expect(service.accepted.count == 1)
            #expect(try await gateway.server.upstreamConnectionCount() == 1)
        }
    }

    @Test func `requests at the same time have connections of their own`() async throws {
        let (gate, seen) = (Watched(false), Watched(0))
        let service = try await gated(gate, seen)
        try await Gateway.forwarding(to: service) { gateway in
            var clients = [RawConnection]()
            for _ in 1...3 {
                clients.append(try await gateway.connect())
                try await clients.last?.send(get)
            }
            try await seen.wait(for: "three requests") { $0 == 3 }
            gate.update { $0 = true }
            for client in clients {
                #expect(try await client.response().status == 200)
            }
            #expect(service.accepted.count == 3)
        }
    }

    @Test func `an upstream that closes after each response is connected to anew`() async throws {
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            try await connection.send(.ok(fields: "Connection: close\r\n"))
            await connection.close()
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            for _ in 1...3 {
                try await client.send(get)
                #expect(try await client.response().status == 200)
            }
            #expect(service.accepted.count == 3)
        }
    }

    @Test func `requests beyond the limit wait in line`() async throws {
        let (gate, seen, journal) = (Watched(false), Watched(0), Journal())
        let service = try await gated(gate, seen)
        try await Gateway.forwarding(to: service, after: [RecordingStage("a", journal)], connectionLimit: 1) {
            gateway in
            var clients = [RawConnection]()
            for _ in 1...4 {
                clients.append(try await gateway.connect())
                try await clients.last?.send(get)
            }
            try await journal.wait(for: "all to be admitted") { $0.count { $0 == "admit a" } == 4 }
            try await seen.wait(for: "the first request") { $0 == 1 }
            gate.update { $0 = true }
            for client in clients {
                #expect(try await client.response().status == 200)
            }
            #expect(service.accepted.count == 1)
        }
    }

    @Test func `a request that waits too long in line is 503`() async throws {
        let (gate, seen) = (Watched(false), Watched(0))
        let service = try await gated(gate, seen)
        try await Gateway.forwarding(
            to: service,
            timeouts: .init(connect: .seconds(1)),
            connectionLimit: 1
        ) { gateway in
            let first = try await gateway.connect()
            try await first.send(get)
            try await seen.wait(for: "the first request") { $0 == 1 }
            let second = try await gateway.connect()
            try await second.send(get)
            let response = try await second.response()
            #expect(response.status == 503)
            #expect(response["retry-after"] == "1")
            gate.update { $0 = true }
            #expect(try await first.response().status == 200)
        }
    }

    @Test func `a client that leaves gives up its place in line`() async throws {
        let (gate, seen, journal) = (Watched(false), Watched(0), Journal())
        let service = try await gated(gate, seen)
        try await Gateway.forwarding(to: service, after: [RecordingStage("a", journal)], connectionLimit: 1) {
            gateway in
            let (first, second, third) = (
                try await gateway.connect(), try await gateway.connect(), try await gateway.connect()
            )
            try await first.send(get)
            try await seen.wait(for: "the first request") { $0 == 1 }
            try await second.send(get)
            try await third.send(get)
            try await journal.wait(for: "all to be admitted") { $0.count { $0 == "admit a" } == 3 }
            await second.close()
            try await journal.wait(for: "the second to be settled") { $0.contains("settle a clientLeft -") }
            gate.update { $0 = true }
            #expect(try await first.response().status == 200)
            #expect(try await third.response().status == 200)
            #expect(seen.value == 2)
        }
    }

    @Test func `a connection that broke makes room for the next in line`() async throws {
        let (gate, seen) = (Watched(false), Watched(0))
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            if seen.update({
                $0 += 1; return $0
            }) == 1 {
                try await gate.wait(for: "the gate") { $0 }
                await connection.close()
            } else {
                try await connection.send(.ok())
            }
        }
        let journal = Journal()
        try await Gateway.forwarding(to: service, after: [RecordingStage("a", journal)], connectionLimit: 1) {
            gateway in
            let (first, second) = (try await gateway.connect(), try await gateway.connect())
            try await first.send(get)
            try await seen.wait(for: "the first request") { $0 == 1 }
            try await second.send(get)
            try await journal.wait(for: "both to be admitted") { $0.count { $0 == "admit a" } == 2 }
            gate.update { $0 = true }
            #expect(try await first.response().status == 502)
            #expect(try await second.response().status == 200)
        }
    }
}
