import GatewayKit
import GatewayServer
import HTTPTypes
import Testing

struct ExpectationTests {
    private let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"

    @Test func `the upstream's 100 is relayed, and the body follows`() async throws {
        let service = try await ScriptedUpstream.start { connection in
            try await connection.received.wait(for: "a head") { $0.bytes.suffix(4) == [13, 10, 13, 10] }
            try await connection.send("HTTP/1.1 100 Continue\r\n\r\n")
            let request = try await connection.request()
            try await connection.send(.ok("\(request["expect"] ?? "-") \(request.text)"))
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send(head)
            #expect(try await client.response().status == 100)
            try await client.send("hello")
            #expect(try await client.response().text == "100-continue hello")
        }
    }

    @Test func `the upstream's refusal is relayed, and the connection ends`() async throws {
        let service = try await ScriptedUpstream.start { connection in
            try await connection.received.wait(for: "a head") { $0.bytes.suffix(4) == [13, 10, 13, 10] }
            try await connection.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send(head)
            #expect(try await client.response().status == 417)
        }
    }

    @Test func `a reply comes before the body and ends the connection`() async throws {
        try await Gateway.serving([ReplyStage(Reply(402, detail: "pay"))]) { gateway in
            let client = try await gateway.connect()
            try await client.send(head)
            let response = try await client.response()
            #expect(response.status == 402)
            #expect(response["connection"] == "close")
            #expect(try await client.end() == "")
        }
    }

    @Test func `a stage that wants the body lets it come`() async throws {
        let service = try await ScriptedUpstream.answering { .ok("\($0["expect"] ?? "-") \($0.text)") }
        try await Gateway.forwarding(to: service, after: [BodyStage()]) { gateway in
            let client = try await gateway.connect()
            for _ in 1...2 {
                try await client.send(head)
                #expect(try await client.response().status == 100)
                try await client.send("hello")
                #expect(try await client.response().text == "- hello")
            }
        }
    }
}
