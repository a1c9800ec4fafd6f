import GatewayKit
import GatewayServer
import NIOCore
import NIOPosix
import Testing

struct UpstreamFailureTests {
    private func get(_ gateway: Gateway, _ method: String = "GET") async throws -> WireMessage {
        let client = try await gateway.connect()
        try await client.send("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")
        return try await client.response()
    }

    private func refused(by upstream: Upstream) async throws -> (response: WireMessage, journal: [String]) {
        let journal = Journal()
        let seen = Watched<WireMessage?>(nil)
        try await Gateway.serving([RecordingStage("a", journal), ForwardStage(upstream)]) { gateway in
            let response = try await get(gateway)
            seen.update { $0 = response }
            _ = try await journal.lines(3)
        }
        return (try #require(seen.value), journal.value)
    }

    @Test func `an upstream that is down is 502`() async throws {
        let port = try await ScriptedUpstream.closedPort()
        let (response, journal) = try await refused(by: Upstream(name: "down", host: "127.0.0.1", port: port))
        #expect(response.status == 502)
        #expect(response["content-type"] == "application/problem+json")
        #expect(response.text.contains("\"status\":502"))
        #expect(response.text.contains("urn:sluice:exchange:"))
        #expect(
            journal == [
                "admit a", "adjust a 502", "settle a upstreamFailed(GatewayKit.UpstreamFailure.unreachable) 502",
            ]
        )
    }

    @Test func `an upstream that lets nothing be heard of a connection is 504`() async throws {
        let silent = try SilentListener()
        let upstream = Upstream(
            name: "silent",
            host: "127.0.0.1",
            port: silent.address.port ?? 0,
            timeouts: .init(connect: .milliseconds(300))
        )
        let (response, journal) = try await refused(by: upstream)
        #expect(response.status == 504)
        #expect(journal.last == "settle a upstreamFailed(GatewayKit.UpstreamFailure.timeout) 504")
        withExtendedLifetime(silent) {}
    }

    @Test func `an upstream that stays silent is 504`() async throws {
        let service = try await ScriptedUpstream.start { _ in }
        let upstream = service.upstream(timeouts: .init(response: .milliseconds(300)))
        let (response, journal) = try await refused(by: upstream)
        #expect(response.status == 504)
        #expect(journal.last == "settle a upstreamFailed(GatewayKit.UpstreamFailure.timeout) 504")
        try await service.connection(0).received.wait(for: "the gateway to let go") { $0.isEnded }
        await service.stop()
    }

    @Test(
        arguments: [
            "SSH-2.0-OpenSSH_9.6\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "\u{0}\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        ]
    )
    func `an upstream that does not speak HTTP is 502`(_ garbage: String) async throws {
        let service = try await ScriptedUpstream.answering { _ in garbage }
        let (response, journal) = try await refused(by: service.upstream())
        #expect(response.status == 502)
        #expect(journal.last == "settle a upstreamFailed(GatewayKit.UpstreamFailure.malformed) 502")
        await service.stop()
    }

    @Test func `an upstream that closes before its head is 502`() async throws {
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            try await connection.send("HTTP/1.1 200")
            await connection.close()
        }
        let (response, journal) = try await refused(by: service.upstream())
        #expect(response.status == 502)
        #expect(journal.last == "settle a upstreamFailed(GatewayKit.UpstreamFailure.closed) 502")
        await service.stop()
    }

    @Test(
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        ]
    )
    func `an upstream that closes in its body breaks the client's connection`(_ half: String) async throws {
        let journal = Journal()
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            try await connection.send(half)
            await connection.close()
        }
        try await Gateway.forwarding(to: service, after: [RecordingStage("a", journal)]) { gateway in
            let response = try await get(gateway)
            #expect(response.status == 200)
            #expect(response.text == "hello")
            #expect(!response.isWhole)
            #expect(try await journal.lines(3).last == "settle a upstreamFailed(GatewayKit.UpstreamFailure.closed) 200")
        }
    }

    @Test func `a malformed chunk in the body breaks the client's connection`() async throws {
        let service = try await ScriptedUpstream.answering { _ in
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"
        }
        try await Gateway.forwarding(to: service) { gateway in
            let response = try await get(gateway)
            #expect(!response.isWhole)
        }
    }

    @Test func `silence in the middle of a response breaks the client's connection`() async throws {
        let journal = Journal()
        let service = try await ScriptedUpstream.answering { _ in "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello" }
        try await Gateway.forwarding(
            to: service,
            after: [RecordingStage("a", journal)],
            timeouts: .init(idle: .milliseconds(300))
        ) { gateway in
            let response = try await get(gateway)
            #expect(!response.isWhole)
            #expect(
                try await journal.lines(3).last == "settle a upstreamFailed(GatewayKit.UpstreamFailure.timeout) 200"
            )
        }
    }

    @Test func `a response that goes on outlives the idle timeout`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n")
            for _ in 0..<12 {
                try await loop.scheduleTask(in: .milliseconds(200)) {}.futureResult.get()
                try await connection.send("a")
            }
        }
        let limits = MessageLimits(idleTimeout: .seconds(2))
        try await Gateway.forwarding(to: service, timeouts: .init(idle: .seconds(2)), limits: limits) { gateway in
            let response = try await get(gateway)
            #expect(response.text == "aaaaaaaaaaaa")
        }
    }

    /// Answers the first request of its first connection, and closes that at the second.
    private func stale() async throws -> ScriptedUpstream {
        let connections = Watched(0)
        return try await .start { connection in
            let number = connections.update {
                $0 += 1; return $0
            }
            _ = try await connection.request()
            try await connection.send(.ok("\(number)"))
            _ = try await connection.request()
            if number > 1 { try await connection.send(.ok("\(number) again")) }
            await connection.close()
        }
    }

    @Test func `a GET on a connection that went stale is sent once more`() async throws {
        let service = try await stale()
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            for expected in ["1", "2"] {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response()
                #expect(response.status == 200)
                #expect(response.text == expected)
            }
        }
    }

    @Test func `a POST on a connection that went stale is not sent twice`() async throws {
        let service = try await stale()
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().text == "1")
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            #expect(try await client.response().status == 502)
            #expect(service.accepted.count == 1)
        }
    }

    @Test func `a POST without a body on a connection that went stale is not sent twice`() async throws {
        let service = try await stale()
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().text == "1")
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
            #expect(try await client.response().status == 502)
            #expect(service.accepted.count == 1)
        }
    }

    @Test func `a GET on a new connection that fails is not sent twice`() async throws {
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            await connection.close()
        }
        try await Gateway.forwarding(to: service) { gateway in
            let response = try await get(gateway)
            #expect(response.status == 502)
            #expect(service.accepted.count == 1)
        }
    }

    @Test func `a response before the request's end is passed on, and the connection is not used again`() async throws {
        let service = try await ScriptedUpstream.start { connection in
            try await connection.received.wait(for: "a head") { $0.count > 20 }
            try await connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nstart")
            #expect(try await client.response().status == 413)
            #expect(try await client.end() == "")
            try await service.connection(0).received.wait(for: "the gateway to let go") { $0.isEnded }
        }
    }

    @Test func `bytes after a response are never the next response`() async throws {
        let connections = Watched(0)
        let service = try await ScriptedUpstream.start { connection in
            let number = connections.update {
                $0 += 1; return $0
            }
            _ = try await connection.request()
            try await connection.send(.ok("\(number)") + .ok("smuggled"))
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            for number in 1...3 {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await client.response().text == "\(number)")
            }
        }
    }

    @Test func `a malformed request body is 400 where no response has begun`() async throws {
        let journal = Journal()
        let service = try await ScriptedUpstream.start { _ in }
        try await Gateway.forwarding(to: service, after: [RecordingStage("a", journal)]) { gateway in
            let client = try await gateway.connect()
            try await client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"
            )
            let response = try await client.response()
            #expect(response.status == 400)
            #expect(response["connection"] == "close")
            #expect(try await client.end() == "")
            #expect(try await journal.lines(3).last == "settle a replied 400")
        }
    }
}
