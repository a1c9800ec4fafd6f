import GatewayServer
import NIOCore
import Testing

/// RFC 9113 §8.1 to §8.3: messages that are malformed by their header lines, to a server.
struct HTTP2ConnectionMessageTests {
    /// Lines that no message may have, in a head or in trailers.
    static let malformedLines: [[UInt8]] = [
        .literal("Name", "x"), .literal("nAme", "x"), .literal("", "x"), .literal("a b", "x"), .literal("a:b", "x"),
        .literal("a\0", "x"), .literal("a\u{7F}", "x"), .literal("ä", "x"),
        .literal("a", "x\r\ny"), .literal("a", "x\ny"), .literal("a", "\0"), .literal("a", " x"), .literal("a", "x\t"),
        .literal("connection", "close"), .literal("keep-alive", "1"), .literal("proxy-connection", "close"),
        .literal("transfer-encoding", "chunked"), .literal("upgrade", "h2c"),
        .literal("te", "gzip"), .literal("te", "trailers, gzip"), .literal("te", ""),
        .literal(":unknown", "x"), .literal(":Method", "GET"), .literal(":", "x"),
    ]

    @Test(arguments: malformedLines, [false, true])
    func `a head with a malformed line ends its stream`(_ line: [UInt8], ends: Bool) {
        HTTP2Rule("", .headers(1, .getRequest + line, ends: ends), refuses: 1, .protocolError)
            .check(on: HTTP2Machine(.server))
    }

    @Test(arguments: malformedLines)
    func `a malformed line in CONTINUATION ends its stream`(_ line: [UInt8]) {
        HTTP2Rule(
            "",
            .headers(1, .getRequest, isWhole: false),
            .continuation(1, line),
            refuses: 1,
            .protocolError
        ).check(on: HTTP2Machine(.server))
    }

    @Test(arguments: malformedLines + [.indexed(2), .indexed(4), .indexed(8), .literal(":authority", "b")])
    func `trailers with a malformed line or a pseudo-field end their stream`(_ line: [UInt8]) {
        HTTP2Rule(
            "",
            after: [.post(1), .data(1, 1)],
            .headers(1, .someTrailers + line, ends: true),
            resets: 1,
            .protocolError
        )
        .check(on: HTTP2Machine(.server))
        HTTP2Rule("", after: [.post(1), .data(1, 1)], .headers(1, line, ends: true), resets: 1, .protocolError)
            .check(on: HTTP2Machine(.server))
    }

    static let pseudoFields: [[UInt8]] = [.indexed(2), .indexed(7), .indexed(4), .literal(":authority", "b")]

    @Test(arguments: pseudoFields)
    func `a pseudo-field after a field ends the stream`(_ late: [UInt8]) {
        let others = Self.pseudoFields.filter { $0 != late }.flatMap { $0 }
        HTTP2Rule("", .headers(1, others + .literal("a", "b") + late), refuses: 1, .protocolError)
            .check(on: HTTP2Machine(.server))
    }

    @Test(arguments: pseudoFields)
    func `a pseudo-field twice ends the stream`(_ again: [UInt8]) {
        HTTP2Rule("", .headers(1, .getRequest + again), refuses: 1, .protocolError)
            .check(on: HTTP2Machine(.server))
    }

    /// What may stand in a head, and also what its owner has to refuse.
    static let wellFormedLines: [(line: [UInt8], text: String)] = [
        (.literal("te", "trailers"), "te: trailers"), (.literal("a", ""), "a: "), (.literal("a", "x y"), "a: x y"),
        (.literal("a", "\u{80}ÿ"), "a: \u{80}ÿ"), (.literal("cookie", "a=b"), "cookie: a=b"),
        (.literal("content-length", "nonsense"), "content-length: nonsense"), (.literal("host", "b"), "host: b"),
        (.literal("!#$%&'*+-.^_`|~0", "x"), "!#$%&'*+-.^_`|~0: x"),
    ]

    @Test(arguments: wellFormedLines)
    func `other lines are handed on`(_ line: [UInt8], _ text: String) {
        var machine = HTTP2Machine(.server)
        #expect(machine.receive(.headers(1, .getRequest + line, ends: true)) == ["headers 1 end"])
        #expect(machine.heads.first?.last == text)
        #expect(machine.receive(.post(3), .headers(3, line, ends: true)) == ["headers 3", "headers 3 end"])
        #expect(machine.heads.last == [text])
        #expect(machine.takeTexts() == [])
    }

    /// Whether the lines make a request is for `RequestHead` to say, which can answer 400.
    static let incomplete: [(block: [UInt8], texts: [String])] = [
        ([], []), (.indexed(2), [":method: GET"]), (.indexed(8), [":status: 200"]),
        (.indexed(7) + .indexed(4), [":scheme: https", ":path: /"]),
        (.indexed(2) + .indexed(4) + .literal("a", "b"), [":method: GET", ":path: /", "a: b"]),
        (.literal(":method", "CONNECT") + .literal(":authority", "a:1"), [":method: CONNECT", ":authority: a:1"]),
        (
            .getRequest + .literal(":protocol", "websocket"),
            [
                ":method: GET", ":scheme: https", ":path: /", ":authority: a", ":protocol: websocket",
            ]
        ),
    ]

    @Test(arguments: incomplete)
    func `a head without some pseudo-fields is left to its owner`(_ block: [UInt8], _ texts: [String]) {
        var machine = HTTP2Machine(.server)
        #expect(machine.receive(.headers(1, block, ends: true)) == ["headers 1 end"])
        #expect(machine.heads == [texts])
        #expect(machine.connection.headers.malformed == nil)
    }

    @Test func `why a head is refused is told, with what could be read of it`() {
        var machine = HTTP2Machine(.server)
        #expect(machine.receive(.headers(1, .getRequest + .literal("te", "gzip"), ends: true)) == ["refused 1"])
        #expect(machine.refusals.count == 1 && machine.refusals.first?.contains("te") == true)
        #expect(machine.connection.headers.texts.contains(":authority: a"))
    }

    @Test func `a body and trailers come in their order`() {
        var machine = HTTP2Machine(.server)
        let events = machine.receive(
            .post(1),
            .data(1, 3),
            .post(3),
            .data(3, 4),
            .data(1, 0),
            .headers(1, .someTrailers, ends: true),
            .data(3, 1, ends: true)
        )
        #expect(
            events == [
                "headers 1", "data 1 3", "headers 3", "data 3 4", "data 1 0", "headers 1 end", "data 3 1 end",
            ]
        )
        #expect(machine.heads.last == ["checksum: 1"])
    }
}
