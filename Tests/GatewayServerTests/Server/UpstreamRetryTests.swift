import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

struct UpstreamRetryTests {
    /// Answers the first request of its first connection, and closes that at the second; answers with the body's size.
    private func stale() async throws -> ScriptedUpstream {
        let connections = Watched(0)
        return try await .start { connection in
            let number = connections.update {
                $0 += 1; return $0
            }
            let first = try await connection.request()
            try await connection.send(.ok("\(first.body.count)"))
            let second = try await connection.request()
            if number > 1 { try await connection.send(.ok("\(second.body.count)")) }
            await connection.close()
        }
    }

    private func answer(to method: String, after stages: [any Stage]) async throws -> (status: Int, text: String) {
        let service = try await stale()
        let answer = Watched((0, ""))
        try await Gateway.forwarding(to: service, after: stages) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().status == 200)
            try await client.send("\(method) / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            let response = try await client.response()
            answer.update { $0 = (response.status, response.text) }
        }
        return answer.value
    }

    @Test func `a PUT whose body a stage has collected is sent once more`() async throws {
        #expect(try await answer(to: "PUT", after: [BodyStage()]) == (200, "5"))
    }

    @Test func `a PUT whose body was passed on is not sent twice`() async throws {
        #expect(try await answer(to: "PUT", after: []).status == 502)
    }

    @Test func `a POST whose body a stage has collected is not sent twice`() async throws {
        #expect(try await answer(to: "POST", after: [BodyStage()]).status == 502)
    }

    // MARK: HTTP/2

    /// Refuses the first requests that are seen, in either way; answers all others.
    private func refusing(
        _ name: String,
        _ seen: Journal,
        byGoAway: Bool,
        count: Int
    ) async throws -> ScriptedUpstream {
        try await .start { connection in
            try await connection.send(HTTP2RawFrame(.settings).bytes)
            var offset = 24
            while true {
                let start = offset
                let state = try await connection.received.wait(for: "a frame") { state in
                    state.bytes.count >= start + 9
                        && state.bytes.count >= start + 9 + Self.length(state.bytes, at: start)
                }
                let (kind, id) = (state.bytes[start + 3], UInt32(state.bytes[start + 8]))
                offset += 9 + Self.length(state.bytes, at: start)
                guard kind == HTTP2FrameHeader.Kind.headers.rawValue else { continue }
                let number = seen.update {
                    $0.append(name); return $0.count
                }
                if number > count {
                    try await connection.send(HTTP2RawFrame(.headers, flags: 5, stream: id, .okResponse).bytes)
                } else if byGoAway {
                    try await connection.send(HTTP2RawFrame.goAway(0).bytes)
                } else {
                    try await connection.send(HTTP2RawFrame.reset(id, .refusedStream).bytes)
                }
            }
        }
    }

    private static func length(_ bytes: [UInt8], at start: Int) -> Int {
        Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
    }

    private func status(of request: String, byGoAway: Bool, count: Int = 1, _ seen: Journal) async throws -> Int {
        let services = (
            try await refusing("a", seen, byGoAway: byGoAway, count: count),
            try await refusing("b", seen, byGoAway: byGoAway, count: count)
        )
        let upstream = Upstream(
            name: "refusing",
            endpoints: [
                .init(host: "127.0.0.1", port: services.0.port), .init(host: "127.0.0.1", port: services.1.port),
            ],
            transport: .http2
        )
        let status = Watched(0)
        try await Gateway.serving([ForwardStage(upstream)]) { gateway in
            let client = try await gateway.connect()
            try await client.send(request)
            let response = try await client.response()
            status.update { $0 = response.status }
        }
        await services.0.stop()
        await services.1.stop()
        return status.value
    }

    @Test(arguments: [true, false])
    func `what an upstream has refused to look at goes to another endpoint`(byGoAway: Bool) async throws {
        let seen = Journal()
        let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        #expect(try await status(of: post, byGoAway: byGoAway, seen) == 200)
        #expect(seen.value == ["a", "b"])
    }

    @Test func `a request arrives that connection after connection takes no more`() async throws {
        let seen = Journal()
        #expect(try await status(of: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", byGoAway: true, count: 6, seen) == 200)
        #expect(seen.value.count == 7)
    }

    @Test(arguments: [(true, 7), (false, 2)])
    func `an upstream that takes nothing is asked so often and no more`(byGoAway: Bool, times: Int) async throws {
        let seen = Journal()
        let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(try await status(of: get, byGoAway: byGoAway, count: .max, seen) == 502)
        #expect(seen.value.count == times)
    }

    @Test func `a request whose body is gone is not sent twice, whatever the upstream says`() async throws {
        let seen = Journal()
        let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        #expect(try await status(of: post, byGoAway: true, seen) == 502)
        #expect(seen.value == ["a"])
    }

    // MARK: The time for all of it

    private let impatient = Upstream.Timeouts(total: .seconds(1))

    @Test func `an exchange that takes too long is 504 where no response has begun`() async throws {
        let service = try await ScriptedUpstream.start { _ in }
        try await Gateway.forwarding(to: service, timeouts: impatient) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().status == 504)
            try await service.connection(0).received.wait(for: "the gateway to let go") { $0.isEnded }
        }
    }

    @Test func `an exchange that takes too long in its body breaks the client's connection`() async throws {
        let journal = Journal()
        let service = try await ScriptedUpstream.answering { _ in "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello" }
        try await Gateway.forwarding(
            to: service,
            after: [RecordingStage("a", journal)],
            timeouts: impatient
        ) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await !client.response().isWhole)
            #expect(
                try await journal.lines(3).last == "settle a upstreamFailed(GatewayKit.UpstreamFailure.timeout) 200"
            )
        }
    }
}
