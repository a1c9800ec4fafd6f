import GatewayServer
import NIOCore
import Testing

/// RFC 9113 §5.1 and §5.4: what a server makes of each frame in each state of a stream.
struct HTTP2ConnectionStateTests {
    // MARK: §5.1

    static let idle: [HTTP2Rule] = [
        HTTP2Rule("HEADERS opens it", .post(1), events: ["headers 1"]),
        HTTP2Rule("PRIORITY is allowed", .priority(1)),
        HTTP2Rule("DATA", .data(1, 1), ends: .protocolError),
        HTTP2Rule("DATA above the last", after: [.post(1)], .data(3, 1, ends: true), ends: .protocolError, last: 1),
        HTTP2Rule("RST_STREAM", .reset(1), ends: .protocolError),
        HTTP2Rule("WINDOW_UPDATE", .windowUpdate(1, 1), ends: .protocolError),
        HTTP2Rule("WINDOW_UPDATE of nothing", .windowUpdate(1, 0), ends: .protocolError),
        HTTP2Rule("CONTINUATION", .continuation(1, .getRequest), ends: .protocolError),
        HTTP2Rule(
            "PUSH_PROMISE",
            HTTP2RawFrame(.pushPromise, flags: 4, stream: 1, [0, 0, 0, 2]),
            ends: .protocolError
        ),
        HTTP2Rule("DATA on a server's stream", after: [.post(5)], .data(2, 1), ends: .protocolError, last: 5),
        HTTP2Rule("RST_STREAM on a server's stream", after: [.post(5)], .reset(2), ends: .protocolError, last: 5),
        HTTP2Rule("WINDOW_UPDATE on a server's", after: [.post(5)], .windowUpdate(2, 1), ends: .protocolError, last: 5),
    ]

    static let open: [HTTP2Rule] = [
        HTTP2Rule("DATA", .data(1, 3), events: ["data 1 3"]),
        HTTP2Rule("the end with DATA", .data(1, 3, ends: true), events: ["data 1 3 end"]),
        HTTP2Rule("the end without bytes", .data(1, 0, ends: true), events: ["data 1 0 end"]),
        HTTP2Rule("trailers", .headers(1, .someTrailers, ends: true), events: ["headers 1 end"]),
        HTTP2Rule("RST_STREAM", .reset(1), events: ["reset 1 8"]),
        HTTP2Rule("WINDOW_UPDATE", .windowUpdate(1, 1), events: ["window 1"]),
        HTTP2Rule("PRIORITY", .priority(1)),
        HTTP2Rule("a second head", .post(1), resets: 1, .protocolError),
        HTTP2Rule("trailers without an end", .headers(1, .someTrailers), resets: 1, .protocolError),
    ]

    static let halfClosedRemote: [HTTP2Rule] = [
        HTTP2Rule("WINDOW_UPDATE", .windowUpdate(1, 1), events: ["window 1"]),
        HTTP2Rule("PRIORITY", .priority(1)),
        HTTP2Rule("RST_STREAM", .reset(1, .noError), events: ["reset 1 0"]),
        HTTP2Rule("DATA", .data(1, 1), resets: 1, .streamClosed),
        HTTP2Rule("DATA without bytes", .data(1, 0, ends: true), resets: 1, .streamClosed),
        HTTP2Rule("HEADERS", .get(1), resets: 1, .streamClosed),
        HTTP2Rule("trailers", .headers(1, .someTrailers, ends: true), resets: 1, .streamClosed),
        HTTP2Rule("CONTINUATION", .continuation(1, .getRequest), ends: .protocolError, last: 1),
    ]

    /// This side reset it: frames that were on their way then are nothing wrong.
    static let reset: [HTTP2Rule] = [
        HTTP2Rule("DATA", .data(1, 1), .data(1, 9, ends: true)),
        HTTP2Rule("trailers", .headers(1, .someTrailers, ends: true)),
        HTTP2Rule("WINDOW_UPDATE", .windowUpdate(1, 1)),
        HTTP2Rule("WINDOW_UPDATE of nothing", .windowUpdate(1, 0)),
        HTTP2Rule("RST_STREAM", .reset(1)),
        HTTP2Rule("PRIORITY", .priority(1)),
        HTTP2Rule("CONTINUATION", .continuation(1, .getRequest), ends: .protocolError, last: 1),
    ]

    /// The peer ended it itself.
    static let closed: [HTTP2Rule] = [
        HTTP2Rule("DATA", .data(1, 1), resets: 1, .streamClosed, isOpen: false),
        HTTP2Rule("HEADERS", .get(1), ends: .streamClosed, last: 1),
        HTTP2Rule("WINDOW_UPDATE", .windowUpdate(1, 1)),
        HTTP2Rule("RST_STREAM", .reset(1)),
        HTTP2Rule("PRIORITY", .priority(1)),
        HTTP2Rule("CONTINUATION", .continuation(1, .getRequest), ends: .protocolError, last: 1),
    ]

    @Test(arguments: idle) func `an idle stream`(_ rule: HTTP2Rule) {
        rule.check(on: HTTP2Machine(.server))
    }

    @Test(arguments: open) func `an open stream`(_ rule: HTTP2Rule) {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.post(1))
        rule.check(on: machine)
    }

    @Test(arguments: open) func `a stream half closed by this side, all is as when open`(_ rule: HTTP2Rule) {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.post(1))
        machine.send(1, .okResponse, ends: true)
        rule.check(on: machine)
    }

    @Test(arguments: halfClosedRemote) func `a stream half closed by the peer`(_ rule: HTTP2Rule) {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.get(1))
        rule.check(on: machine)
    }

    @Test(arguments: reset) func `a stream closed by a reset of this side`(_ rule: HTTP2Rule) {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.post(1))
        machine.connection.reset(1, .cancel)
        #expect(machine.takeTexts() == ["RST_STREAM 1 8"])
        rule.check(on: machine)
    }

    @Test(arguments: reset) func `a stream closed for an error of the peer`(_ rule: HTTP2Rule) {
        var machine = HTTP2Machine(.server)
        #expect(machine.receive(.post(1), .windowUpdate(1, 0)) == ["headers 1", "streamFault 1 1"])
        rule.check(on: machine)
    }

    @Test(arguments: closed) func `a stream closed by a reset of the peer`(_ rule: HTTP2Rule) {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.post(1), .reset(1))
        rule.check(on: machine)
    }

    @Test(arguments: closed) func `a stream closed by the ends of both`(_ rule: HTTP2Rule) {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.get(1))
        machine.send(1, .okResponse, ends: true)
        rule.check(on: machine)
    }

    @Test func `nothing is written on a stream that is closed`() {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.get(1), .reset(1))
        machine.send(1, .okResponse)
        machine.connection.writeDataHeader(1, count: 0, endsStream: true)
        machine.connection.reset(1, .cancel)
        machine.connection.reset(7, .cancel)
        machine.connection.consumed(5, of: 1)
        #expect(machine.takeTexts() == [])
        #expect(machine.connection.sendable(1) == 0)
    }

    @Test func `nothing is written after the end of this side`() {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.post(1))
        machine.send(1, .okResponse, ends: true)
        machine.send(1, .someTrailers, ends: true)
        machine.connection.writeDataHeader(1, count: 0, endsStream: true)
        #expect(machine.takeTexts() == ["HEADERS 1 end"])
        #expect(machine.connection.sendable(1) == 0)
    }

    // MARK: §5.1.1, §5.1.2

    static let identifiers: [HTTP2Rule] = [
        HTTP2Rule("an even number", .get(2), ends: .protocolError),
        HTTP2Rule("an even number after others", after: [.get(3)], .get(4), ends: .protocolError, last: 3),
        HTTP2Rule("0", .get(0), ends: .protocolError),
        HTTP2Rule("one that was skipped", after: [.get(5)], .get(3), ends: .protocolError, last: 5),
        HTTP2Rule("numbers may be skipped", .get(1), .get(9), events: ["headers 1 end", "headers 9 end"]),
        HTTP2Rule("the largest", .get(0x7FFF_FFFF), events: ["headers 2147483647 end"]),
        HTTP2Rule(
            "the last of a GOAWAY",
            after: [.get(1), .get(7)],
            .ping(),
            .data(0, 1),
            events: ["fault 1"],
            output: ["PING ACK [0, 0, 0, 0, 0, 0, 0, 0]", "GOAWAY 7 1"]
        ),
    ]

    @Test(arguments: identifiers) func `streams of a client are odd and grow`(_ rule: HTTP2Rule) {
        rule.check(on: HTTP2Machine(.server))
    }

    @Test func `a stream above the limit is refused, and one more is taken when another ends`() {
        var limits = HTTP2Connection.Limits()
        limits.concurrentStreams = 2
        var machine = HTTP2Machine(.server, limits)
        #expect(machine.receive(.get(1), .post(3), .post(5)) == ["headers 1 end", "headers 3", "refused 5"])
        #expect(machine.refusals == ["more streams than may be open at the same time"])
        #expect(machine.takeTexts() == ["RST_STREAM 5 7"])
        #expect(machine.receive(.data(5, 10), .headers(5, .someTrailers, ends: true)) == [])
        machine.send(1, .okResponse, ends: true)
        #expect(machine.receive(.get(7)) == ["headers 7 end"])
        #expect(machine.connection.streamCount == 2)
    }

    @Test func `the upgraded stream is half closed, and answered`() {
        var machine = HTTP2Machine(fresh: .server)
        machine.connection.adoptUpgradedStream()
        _ = machine.takeOutput()
        #expect(machine.read(.preface + HTTP2RawFrame.settings().bytes) == ["settings"])
        machine.send(1, .okResponse, ends: true)
        #expect(machine.takeTexts() == ["SETTINGS ACK", "HEADERS 1 end"])
        #expect(machine.receive(.get(3), .get(1)) == ["headers 3 end", "fault 5"])
    }

    // MARK: §5.4, §6.8

    @Test func `what comes after an error of a stream is read`() {
        var machine = HTTP2Machine(.server)
        #expect(machine.receive(.headers(1, .literal("A", "b")), .get(3)) == ["refused 1", "headers 3 end"])
        #expect(machine.takeTexts() == ["RST_STREAM 1 1"])
    }

    @Test func `after the first GOAWAY streams are taken, after the final one ignored`() {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.post(1))
        machine.connection.goAway(isFinal: false)
        #expect(machine.receive(.get(3)) == ["headers 3 end"])
        machine.connection.goAway(isFinal: true)
        #expect(machine.receive(.get(5), .data(1, 1, ends: true)) == ["data 1 1 end"])
        #expect(machine.takeTexts() == ["GOAWAY 2147483647 0", "GOAWAY 3 0"])
        #expect(machine.connection.lastStream == 3)
    }
}
