import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

/// Which responses a filter is asked about, how they are framed, and upstreams that end while it holds.
struct FilteredEndTests {
    private static func passing(_ journal: Journal = Journal(), keepsLength: Bool = false) -> FilterStage {
        FilterStage(journal: journal, keepsLength: keepsLength) { _, part, _ in .now(part) }
    }

    private func hello(_ upstream: AnsweringUpstream) async throws {
        try await upstream.head(length: 5)
        try await upstream.part("hello")
        try await upstream.end()
    }

    // MARK: Length

    @Test(arguments: Versions.all, [false, true])
    func `the length goes, unless the filter keeps it`(_ versions: Versions, keeps: Bool) async throws {
        let filter = Self.passing(keepsLength: keeps)
        try await Gateway.filtering(filter, versions.back, answering: hello) { gateway, _ in
            let answer = try await AnsweredClient.request(gateway, versions.front).whole()
            #expect(answer.body == "hello")
            #expect(answer.fields.contains("content-length: 5") == keeps)
            #expect(answer.fields.contains("transfer-encoding: chunked") == (!keeps && versions.front == .http1))
        }
    }

    @Test(arguments: Versions.all, ["hell", "hello!"])
    func `a length that is kept and does not come true is cut`(_ versions: Versions, body: String) async throws {
        let journal = Journal()
        let filter = FilterStage(journal: journal, keepsLength: true) { _, _, _ in .now(ByteBuffer(string: body)) }
        try await Gateway.filtering(filter, versions.back, answering: hello) { gateway, _ in
            let answer = try await AnsweredClient.request(gateway, versions.front).ended()
            #expect(answer.end == .cut)
            #expect(answer.count < 5)
            try await journal.wait(for: "the cut") { $0.last == "settle cut 200" }
        }
    }

    @Test func `a client of HTTP 1.0 sees the body end with the connection`() async throws {
        try await Gateway.filtering(Self.passing(), .http1, answering: hello) { gateway, _ in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
            let answer = try await client.end()
            #expect(answer.hasSuffix("\r\nconnection: close\r\n\r\nhello"))
            #expect(!answer.contains("content-length"))
        }
    }

    @Test(arguments: Versions.all)
    func `an empty body may become one`(_ versions: Versions) async throws {
        var filter = Self.passing()
        filter.trailers = { trailers, call in
            call.send("receipt")
            return .now(trailers)
        }
        let script: AnsweringUpstream.Script = { upstream in
            try await upstream.head(length: 0)
            try await upstream.end()
        }
        try await Gateway.filtering(filter, versions.back, answering: script) { gateway, _ in
            let answer = try await AnsweredClient.request(gateway, versions.front).whole()
            #expect(answer.body == "receipt")
        }
    }

    // MARK: What is not asked about

    @Test(arguments: Versions.all, [204, 304])
    func `responses without a body are only settled`(_ versions: Versions, status: Int) async throws {
        let journal = Journal()
        let script: AnsweringUpstream.Script = { upstream in
            if upstream.version == .http1 {
                try await upstream.connection.send("HTTP/1.1 \(status) OK\r\n\r\n")
            } else {
                try await upstream.head(status)
                try await upstream.end()
            }
        }
        try await Gateway.filtering(Self.passing(journal), versions.back, answering: script) { gateway, _ in
            let answer = try await AnsweredClient.request(gateway, versions.front).whole()
            #expect(answer.status == status)
            #expect(try await journal.lines(2) == ["filter answered \(status)", "settle answered \(status)"])
        }
    }

    @Test(arguments: Versions.Version.allCases)
    func `the answer to HEAD declares no length that the body would not have`(
        _ version: Versions.Version
    ) async throws {
        let journal = Journal()
        let script: AnsweringUpstream.Script = { upstream in
            try await upstream.head(length: 5)
            try await upstream.end()
        }
        try await Gateway.filtering(Self.passing(journal), version, answering: script) { gateway, _ in
            let client = try await gateway.connect()
            try await client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await client.message(.bodyless)
            #expect(answer.status == 200)
            #expect(answer["content-length"] == nil)
            #expect(try await journal.lines(2) == ["filter answered 200", "settle answered 200"])
        }
    }

    @Test func `a gRPC status without messages stays one frame`() async throws {
        let script: AnsweringUpstream.Script = { upstream in
            let block: [UInt8] = .okResponse + .literal("grpc-status", "5")
            try await upstream.connection.send(HTTP2RawFrame.headers(1, block, ends: true).bytes)
        }
        let journal = Journal()
        try await Gateway.filtering(Self.passing(journal), .http2, answering: script) { gateway, _ in
            let answer = try await AnsweredClient.request(gateway, .http2).whole()
            #expect(answer.fields.contains("grpc-status: 5"))
            #expect(try await journal.lines(2).first == "filter answered 200")
        }
    }

    @Test func `the gateway's own replies are only settled`() async throws {
        let journal = Journal()
        try await Gateway.serving([Self.passing(journal), ReplyStage()]) { gateway in
            let answer = try await AnsweredClient.request(gateway, .http1).whole()
            #expect(answer.body == "replied")
            #expect(try await journal.lines(2) == ["filter replied 200", "settle replied 200"])
        }
    }

    // MARK: Upstreams that end while they are held

    private static func holding(_ journal: Journal, _ gate: Watched<Bool>) -> FilterStage {
        FilterStage(journal: journal) { text, part, call in text == "one" ? call.later(gate, part) : .now(part) }
    }

    @Test(arguments: Versions.all)
    func `what has come whole is delivered after its connection is gone`(_ versions: Versions) async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let script: AnsweringUpstream.Script = { upstream in
            try await upstream.head()
            try await upstream.part("one")
            _ = try await journal.lines(1)
            try await upstream.part("two")
            try await upstream.part("three")
            try await upstream.end(trailers: [("x-sum", "1")])
            await upstream.connection.close()
        }
        try await Gateway.filtering(Self.holding(journal, gate), versions.back, answering: script) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, versions.front)
            _ = try await journal.lines(1)
            while try await gateway.server.upstreamConnectionCount() > 0 {}
            #expect(journal.value == ["part one"])
            gate.update { $0 = true }
            let answer = try await client.whole()
            #expect(answer.body == "onetwothree")
            #expect(answer.trailers == ["x-sum: 1"])
        }
    }

    @Test(arguments: Versions.Version.allCases)
    func `a body that ends with the connection ends after the hold`(_ front: Versions.Version) async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let script: AnsweringUpstream.Script = { upstream in
            try await upstream.connection.send("HTTP/1.1 200 OK\r\n\r\none")
            _ = try await journal.lines(1)
            try await upstream.connection.send("two")
            await upstream.connection.close()
        }
        try await Gateway.filtering(Self.holding(journal, gate), .http1, answering: script) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, front)
            _ = try await journal.lines(1)
            while try await gateway.server.upstreamConnectionCount() > 0 {}
            gate.update { $0 = true }
            #expect(try await client.whole().body == "onetwo")
        }
    }

    @Test(arguments: Versions.all)
    func `an upstream that fails in the hold cuts the response`(_ versions: Versions) async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let script: AnsweringUpstream.Script = { upstream in
            try await upstream.head()
            try await upstream.part("one")
            _ = try await journal.lines(1)
            await upstream.connection.close()
        }
        try await Gateway.filtering(Self.holding(journal, gate), versions.back, answering: script) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, versions.front)
            _ = try await journal.lines(1)
            while try await gateway.server.upstreamConnectionCount() > 0 {}
            gate.update { $0 = true }
            #expect(try await client.ended().end == .cut)
            let failure = "upstreamFailed(GatewayKit.UpstreamFailure.closed) 200"
            #expect(try await journal.lines(3).suffix(2) == ["filter \(failure)", "settle \(failure)"])
        }
        #expect(journal.value.count == 3)
    }

    @Test(arguments: Versions.all)
    func `the time that the exchange may take in all counts in the hold`(_ versions: Versions) async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let script: AnsweringUpstream.Script = { upstream in
            try await upstream.head()
            try await upstream.part("one")
        }
        try await Gateway.filtering(
            Self.holding(journal, gate),
            versions.back,
            timeouts: .init(total: .seconds(1)),
            answering: script
        ) { gateway, _ in
            let client = try await AnsweredClient.request(gateway, versions.front)
            #expect(try await client.ended().end == .cut)
            let failure = "upstreamFailed(GatewayKit.UpstreamFailure.timeout) 200"
            #expect(try await journal.lines(3).last == "settle \(failure)")
            gate.update { $0 = true }
        }
    }
}
