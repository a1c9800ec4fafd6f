import GatewayServer
import NIOCore
import Testing

/// The client's role: what it makes of a server's frames, and which streams it opens.
struct HTTP2ConnectionClientTests {
    /// A client with a request sent on stream 1, whole or with its body to come.
    private func client(ended: Bool, peer: HTTP2RawFrame = .settings()) -> HTTP2Machine {
        var machine = HTTP2Machine(.client, peer: peer)
        #expect(machine.connection.openStream() == 1)
        machine.send(1, .getRequest, ends: ended)
        _ = machine.takeOutput()
        return machine
    }

    private static let early: [UInt8] = .literal(":status", "103")
    private static let ended = HTTP2RawFrame.headers(1, .okResponse, ends: true)
    private static let begun = HTTP2RawFrame.headers(1, .okResponse)

    // MARK: Answers

    static let answers: [HTTP2Rule] = [
        HTTP2Rule("a head alone", ended, events: ["headers 1 end"]),
        HTTP2Rule("a head and a body", begun, .data(1, 5, ends: true), events: ["headers 1", "data 1 5 end"]),
        HTTP2Rule(
            "1xx twice, then the final head, and trailers",
            .headers(1, early),
            .headers(1, .literal(":status", "100")),
            begun,
            .headers(1, .someTrailers, ends: true),
            events: ["headers 1", "headers 1", "headers 1", "headers 1 end"]
        ),
        HTTP2Rule(
            "CONTINUATION",
            .headers(1, [], isWhole: false),
            .continuation(1, .okResponse),
            events: ["headers 1"]
        ),
        HTTP2Rule("RST_STREAM", .reset(1, .refusedStream), events: ["reset 1 7"]),
        HTTP2Rule("WINDOW_UPDATE before the head", .windowUpdate(1, 1), events: ["window 1"]),
        HTTP2Rule("1xx with an end", .headers(1, early, ends: true), resets: 1, .protocolError),
        HTTP2Rule("DATA before the head", .data(1, 1), resets: 1, .protocolError),
        HTTP2Rule("the end before the head", .data(1, 0, ends: true), resets: 1, .protocolError),
        HTTP2Rule("DATA after 1xx", after: [.headers(1, early)], .data(1, 1), resets: 1, .protocolError),
        HTTP2Rule(
            "trailers after 1xx",
            after: [.headers(1, early)],
            .headers(1, .someTrailers, ends: true),
            resets: 1,
            .protocolError
        ),
        HTTP2Rule("a second final head", after: [begun], begun, resets: 1, .protocolError),
        HTTP2Rule("a second head that ends", after: [begun], ended, resets: 1, .protocolError),
        HTTP2Rule("1xx after the final head", after: [begun], .headers(1, early), resets: 1, .protocolError),
        HTTP2Rule("trailers without an end", after: [begun], .headers(1, .someTrailers), resets: 1, .protocolError),
        HTTP2Rule(
            "malformed trailers",
            after: [begun],
            .headers(1, .literal("A", ""), ends: true),
            resets: 1,
            .protocolError
        ),
        HTTP2Rule("WINDOW_UPDATE of nothing", .windowUpdate(1, 0), resets: 1, .protocolError),
    ]

    @Test(arguments: answers, [true, false]) func `an answer`(_ rule: HTTP2Rule, ended: Bool) {
        rule.check(on: client(ended: ended))
    }

    static let badHeads: [[UInt8]] = [
        [], .literal("a", "b"), .literal(":status", ""), .literal(":status", "20"), .literal(":status", "2000"),
        .literal(":status", "20a"), .literal(":status", "099"), .literal(":status", "-20"), .literal(":status", "+20"),
        .okResponse + .okResponse, .literal("a", "b") + .okResponse, .okResponse + .indexed(2),
        .okResponse + .indexed(4),
        .okResponse + .indexed(7), .okResponse + .literal(":authority", "a"), .okResponse + .literal(":protocol", "x"),
        .okResponse + .literal(":path", ""), .okResponse + .literal("A", "b"), .okResponse + .literal("a", "\n"),
        .okResponse + .literal("connection", "close"), .okResponse + .literal("transfer-encoding", "chunked"),
        .getRequest,
    ]

    @Test(arguments: badHeads) func `a head that is not a response's ends the stream`(_ block: [UInt8]) {
        HTTP2Rule("", .headers(1, block), resets: 1, .protocolError).check(on: client(ended: true))
        HTTP2Rule("", .headers(1, block, ends: true), resets: 1, .protocolError).check(on: client(ended: false))
    }

    static let afterEnd: [HTTP2Rule] = [
        HTTP2Rule("DATA", .data(1, 1), resets: 1, .streamClosed, isOpen: false),
        HTTP2Rule("HEADERS", ended, ends: .streamClosed),
        HTTP2Rule("trailers", .headers(1, .someTrailers, ends: true), ends: .streamClosed),
        HTTP2Rule("RST_STREAM", .reset(1, .noError)),
        HTTP2Rule("WINDOW_UPDATE", .windowUpdate(1, 1)),
    ]

    @Test(arguments: afterEnd) func `what comes after both have ended`(_ rule: HTTP2Rule) {
        var machine = client(ended: true)
        _ = machine.receive(Self.ended)
        rule.check(on: machine)
    }

    static let halfClosed: [HTTP2Rule] = [
        HTTP2Rule("DATA", .data(1, 1), resets: 1, .streamClosed),
        HTTP2Rule("HEADERS", ended, resets: 1, .streamClosed),
        HTTP2Rule("RST_STREAM", .reset(1, .noError), events: ["reset 1 0"]),
        HTTP2Rule("WINDOW_UPDATE", .windowUpdate(1, 1), events: ["window 1"]),
    ]

    @Test(arguments: halfClosed) func `what comes after the server has ended`(_ rule: HTTP2Rule) {
        var machine = client(ended: false)
        _ = machine.receive(Self.ended)
        #expect(machine.connection.sendable(1) == 16_384)
        rule.check(on: machine)
    }

    static let afterReset: [HTTP2Rule] = [
        HTTP2Rule("all of an answer", .headers(1, early), begun, .data(1, 9), .headers(1, .someTrailers, ends: true)),
        HTTP2Rule("RST_STREAM", .reset(1)),
        HTTP2Rule("WINDOW_UPDATE", .windowUpdate(1, 1)),
    ]

    @Test(arguments: afterReset) func `what comes after a reset of this side is ignored`(_ rule: HTTP2Rule) {
        var machine = client(ended: true)
        machine.connection.reset(1, .cancel)
        rule.check(on: machine)
    }

    static let connectionErrors: [HTTP2Rule] = [
        HTTP2Rule(
            "push",
            HTTP2RawFrame(.pushPromise, flags: 4, stream: 1, [0, 0, 0, 2] + .getRequest),
            ends: .protocolError
        ),
        HTTP2Rule("HEADERS on a stream of the server", .headers(2, .okResponse), ends: .protocolError),
        HTTP2Rule("HEADERS on stream 0", .headers(0, .okResponse), ends: .protocolError),
        HTTP2Rule("HEADERS on an idle stream", .headers(3, .okResponse), ends: .protocolError),
        HTTP2Rule("DATA on an idle stream", .data(3, 1), ends: .protocolError),
        HTTP2Rule("DATA on a stream of the server", .data(2, 1), ends: .protocolError),
        HTTP2Rule("RST_STREAM on an idle stream", .reset(3), ends: .protocolError),
        HTTP2Rule("WINDOW_UPDATE on an idle stream", .windowUpdate(3, 1), ends: .protocolError),
        HTTP2Rule("CONTINUATION alone", .continuation(1, .okResponse), ends: .protocolError),
        HTTP2Rule("an unknown entry", .headers(1, .indexed(99)), ends: .compressionError),
        HTTP2Rule("SETTINGS of five bytes", HTTP2RawFrame(.settings, [0, 0, 0, 0, 0]), ends: .frameSizeError),
        HTTP2Rule("WINDOW_UPDATE of nothing", .windowUpdate(0, 0), ends: .protocolError),
    ]

    @Test(arguments: connectionErrors) func `what a server may never send`(_ rule: HTTP2Rule) {
        rule.check(on: client(ended: true))
    }

    @Test func `an upstream is the operator's own, and so may send as much as it likes`() {
        var machine = client(ended: true)
        for _ in 0..<5_000 {
            _ = machine.receive(.ping(), .settings(), .data(1, 0), .windowUpdate(0, 1), .priority(1))
            machine.connection.output.clear()
        }
        #expect(!machine.connection.isEnded)
    }

    // MARK: Streams

    @Test func `a client begins with the preface and its settings`() {
        var machine = HTTP2Machine(fresh: .client)
        let bytes = Array(machine.connection.output.readableBytesView)
        #expect(bytes.starts(with: [UInt8].preface))
        let frames = HTTP2RawFrame.all(in: Array(bytes.dropFirst([UInt8].preface.count)))
        #expect(frames.map(\.description) == ["SETTINGS", "WINDOW_UPDATE 0 \(1024 * 1024 - 65_535)"])
        #expect(Array(frames[0].payload.suffix(6)) == [0, 2, 0, 0, 0, 0])
        #expect(machine.read(HTTP2RawFrame.settings().bytes) == ["settings"])
    }

    @Test func `streams are odd and grow, and only a client opens them`() {
        var machine = HTTP2Machine(.client)
        #expect((0..<3).map { _ in machine.connection.openStream() } == [1, 3, 5])
        #expect(machine.connection.lastStream == 5)
        var server = HTTP2Machine(.server)
        #expect(server.connection.openStream() == nil)
    }

    @Test func `as many streams are open as the server allows`() {
        var machine = HTTP2Machine(.client, peer: .settings((.maxConcurrentStreams, 2)))
        let opened = (0..<3).map { _ in machine.connection.openStream() }
        #expect(opened == [1, 3, nil])
        machine.send(1, .getRequest, ends: true)
        machine.send(3, .getRequest)
        #expect(!machine.connection.mayOpenStream)
        _ = machine.receive(.headers(1, .okResponse, ends: true))
        #expect(machine.connection.openStream() == 5)
        machine.connection.reset(3, .cancel)
        #expect(machine.connection.openStream() == 7)
        #expect(machine.connection.openStream() == nil)
        _ = machine.receive(.settings((.maxConcurrentStreams, 3)))
        #expect(machine.connection.openStream() == 9)
        _ = machine.receive(.settings((.maxConcurrentStreams, 0)))
        #expect(machine.connection.openStream() == nil)
        #expect(machine.connection.streamCount == 3)
    }

    @Test func `a half-closed stream counts as open`() {
        var machine = HTTP2Machine(.client, peer: .settings((.maxConcurrentStreams, 1)))
        #expect(machine.connection.openStream() == 1)
        machine.send(1, .getRequest)
        _ = machine.receive(.headers(1, .okResponse, ends: true))
        #expect(machine.connection.openStream() == nil)
        machine.connection.writeDataHeader(1, count: 0, endsStream: true)
        #expect(machine.connection.openStream() == 3)
    }

    @Test func `after GOAWAY no stream is opened, and those below go on`() {
        var machine = client(ended: true)
        #expect(machine.receive(.goAway(0x7FFF_FFFF), .goAway(1)) == ["goAway 2147483647 0", "goAway 1 0"])
        #expect(machine.connection.isPeerGoingAway)
        #expect(machine.connection.openStream() == nil)
        #expect(machine.receive(.headers(1, .okResponse, ends: true)) == ["headers 1 end"])
    }

    @Test func `after an error no stream is opened`() {
        var machine = client(ended: true)
        #expect(machine.receive(.data(0, 1)) == ["fault 1"])
        #expect(machine.connection.openStream() == nil)
        #expect(machine.takeTexts() == ["GOAWAY 0 1"])
    }
}
