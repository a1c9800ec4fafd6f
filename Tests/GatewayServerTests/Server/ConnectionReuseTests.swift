import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

struct ConnectionReuseTests {
    /// Answers with what was asked for.
    private func echo() async throws -> ScriptedUpstream {
        try await .answering { .ok("\($0.startLine.split(separator: " ")[1]) \($0.text)") }
    }

    @Test func `a connection serves one request after the other`() async throws {
        try await Gateway.forwarding(to: echo()) { gateway in
            let client = try await gateway.connect()
            for number in 1...5 {
                try await client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response()
                #expect(response.text == "/\(number) ")
                #expect(response["connection"] == nil)
            }
        }
    }

    @Test func `fifty requests in one write are answered in their order`() async throws {
        try await Gateway.forwarding(to: echo()) { gateway in
            let client = try await gateway.connect()
            try await client.send((1...50).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for number in 1...50 {
                #expect(try await client.response().text == "/\(number) ")
            }
        }
    }

    @Test func `fifty requests in one write are answered in their order by the gateway itself`() async throws {
        let numbering = ClosureStage { .now(.reply(.text($0.request.path))) }
        try await Gateway.serving([numbering]) { gateway in
            let client = try await gateway.connect()
            try await client.send((1...50).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for number in 1...50 {
                #expect(try await client.response().text == "/\(number)")
            }
        }
    }

    @Test func `requests with bodies in one write reach the upstream whole`() async throws {
        try await Gateway.forwarding(to: echo()) { gateway in
            let client = try await gateway.connect()
            let requests = (1...10).map { number in
                number.isMultiple(of: 2)
                    ? "POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                    : "POST /\(number) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            }
            try await client.send(requests.joined())
            for number in 1...10 {
                #expect(try await client.response().text == "/\(number) hello")
            }
        }
    }

    @Test func `requests of one connection are not answered out of turn by stages that take their time`() async throws {
        let (journal, gate) = (Journal(), Watched(false))
        let slow = ClosureStage { exchange in
            guard exchange.request.path == "/slow" else { return .now(.reply(.text("quick"))) }
            journal.note("asked")
            return exchange.later {
                try await gate.wait(for: "the gate") { $0 }
                return .reply(.text("slow"))
            }
        }
        try await Gateway.serving([slow]) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /quick HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await journal.lines(1)
            #expect(client.received.value.count == 0)
            gate.update { $0 = true }
            #expect(try await client.response().text == "slow")
            #expect(try await client.response().text == "quick")
        }
    }

    @Test func `a client that wants its connection closed gets that`() async throws {
        try await Gateway.forwarding(to: echo()) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n")
            #expect(try await client.response()["connection"] == "close")
            #expect(try await client.end() == "")
        }
    }

    @Test func `a client of HTTP 1 point 0 is closed on`() async throws {
        try await Gateway.forwarding(to: echo()) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            let response = try await client.response()
            #expect(response.text == "/ ")
            #expect(response["connection"] == "close")
            #expect(try await client.end() == "")
        }
    }

    @Test func `a client of HTTP 1 point 0 keeps its connection if it asks to`() async throws {
        try await Gateway.forwarding(to: echo()) { gateway in
            let client = try await gateway.connect()
            for _ in 1...2 {
                try await client.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
                let response = try await client.response()
                #expect(response.text == "/ ")
                #expect(response["connection"] == "keep-alive")
            }
        }
    }

    @Test func `a chunked response ends with the connection for a client of HTTP 1 point 0`() async throws {
        let service = try await ScriptedUpstream.answering { _ in
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n"
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let response = try await client.response()
            #expect(response.text == "abc")
            #expect(response["connection"] == "close")
            #expect(response["transfer-encoding"] == nil)
            #expect(try await client.end() == "")
        }
    }

    @Test func `interim responses are kept from a client of HTTP 1 point 0`() async throws {
        let service = try await ScriptedUpstream.answering { _ in "HTTP/1.1 103 Early Hints\r\n\r\n" + .ok() }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            #expect(try await client.response().status == 200)
        }
    }

    @Test func `a large last response reaches a client that reads late`() async throws {
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 16 * 1024 * 1024)
        try await Gateway.serving([ReplyStage(Reply(.ok, body: .bytes(body)))]) { gateway in
            let client = try await gateway.connect(reads: false)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let other = try await gateway.connect()
            try await other.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await other.message(.bodyless)
            try await client.startReading()
            let response = try await client.response()
            #expect(response.body.count == body.readableBytes)
            #expect(response.isWhole)
        }
    }

    @Test func `a client that does not read is not answered ahead without measure`() async throws {
        let journal = Journal()
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1024 * 1024)
        let stages: [any Stage] = [RecordingStage("a", journal), ReplyStage(Reply(.ok, body: .bytes(body)))]
        try await Gateway.serving(stages) { gateway in
            let client = try await gateway.connect(reads: false, keeps: false)
            try await client.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 200))
            let other = try await gateway.connect()
            try await other.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await other.message(.bodyless)
            let admitted = journal.value.filter { $0 == "admit a" }.count
            #expect(admitted < 30)
            try await client.startReading()
            try await client.received.wait(for: "all responses") { $0.count > 200 * 1024 * 1024 }
        }
    }
}
