import GatewayServer
import NIOCore
import Testing

/// RFC 9113 §6: what stands in each kind of frame, to a server with stream 1 open.
struct HTTP2ConnectionFrameTests {
    private typealias Flags = HTTP2RawFrame.Flags

    private static func sized(_ kind: HTTP2FrameHeader.Kind, _ count: Int, stream: UInt32 = 0) -> HTTP2RawFrame {
        HTTP2RawFrame(kind, stream: stream, [UInt8](repeating: 0, count: count))
    }

    static let data: [HTTP2Rule] = [
        HTTP2Rule("on stream 0", .data(0, 1), ends: .protocolError, last: 1),
        HTTP2Rule("padded", .padded(1, 5, padding: 7), events: ["data 1 5"]),
        HTTP2Rule("padded with nothing", .padded(1, 5, padding: 0), events: ["data 1 5"]),
        HTTP2Rule("only padding", .padded(1, 0, padding: 255, ends: true), events: ["data 1 0 end"]),
        HTTP2Rule(
            "padded, without the length",
            HTTP2RawFrame(.data, flags: 8, stream: 1),
            ends: .frameSizeError,
            last: 1
        ),
        HTTP2Rule(
            "padding as long as the frame",
            HTTP2RawFrame(.data, flags: 8, stream: 1, [3, 0, 0]),
            ends: .protocolError,
            last: 1
        ),
        HTTP2Rule(
            "padding longer",
            HTTP2RawFrame(.data, flags: 8, stream: 1, [255, 0, 0]),
            ends: .protocolError,
            last: 1
        ),
        HTTP2Rule(
            "padding of one, nothing there",
            HTTP2RawFrame(.data, flags: 8, stream: 1, [1]),
            ends: .protocolError,
            last: 1
        ),
    ]

    private static let weight: [UInt8] = [0, 0, 0, 0, 15]

    static let headers: [HTTP2Rule] = [
        HTTP2Rule(
            "padded",
            HTTP2RawFrame(.headers, flags: 13, stream: 3, [2] + .getRequest + [0, 0]),
            events: ["headers 3 end"]
        ),
        HTTP2Rule(
            "with priority",
            HTTP2RawFrame(.headers, flags: 37, stream: 3, weight + .getRequest),
            events: ["headers 3 end"]
        ),
        HTTP2Rule(
            "depending on itself (RFC 9113 §5.3.1: ignored)",
            HTTP2RawFrame(.headers, flags: 37, stream: 3, [0, 0, 0, 3, 15] + .getRequest),
            events: ["headers 3 end"]
        ),
        HTTP2Rule(
            "padded with priority",
            HTTP2RawFrame(.headers, flags: 45, stream: 3, [1] + weight + .getRequest + [0]),
            events: ["headers 3 end"]
        ),
        HTTP2Rule(
            "padded, the rest in CONTINUATION",
            HTTP2RawFrame(.headers, flags: 9, stream: 3, [3, 0x82, 0, 0, 0]),
            .continuation(3, Array([UInt8].getRequest.dropFirst())),
            events: ["headers 3 end"]
        ),
        HTTP2Rule(
            "padded, without the length",
            HTTP2RawFrame(.headers, flags: 12, stream: 3),
            ends: .frameSizeError,
            last: 1
        ),
        HTTP2Rule(
            "padding as long as the frame",
            HTTP2RawFrame(.headers, flags: 12, stream: 3, [2, 0x82]),
            ends: .protocolError,
            last: 1
        ),
        HTTP2Rule(
            "shorter than its priority",
            HTTP2RawFrame(.headers, flags: 36, stream: 3, [0, 0, 0, 0]),
            ends: .frameSizeError,
            last: 1
        ),
        HTTP2Rule("on stream 0", .get(0), ends: .protocolError, last: 1),
    ]

    static let priority: [HTTP2Rule] = [
        HTTP2Rule("on stream 0", .priority(0), ends: .protocolError, last: 1),
        HTTP2Rule("of none", sized(.priority, 0, stream: 1), ends: .frameSizeError, last: 1),
        HTTP2Rule("of four bytes", sized(.priority, 4, stream: 1), ends: .frameSizeError, last: 1),
        HTTP2Rule("of six bytes", sized(.priority, 6, stream: 1), ends: .frameSizeError, last: 1),
        HTTP2Rule("on itself is ignored", HTTP2RawFrame(.priority, stream: 1, [0, 0, 0, 1, 15])),
        HTTP2Rule("on a server's idle stream", .priority(2)),
    ]

    static let reset: [HTTP2Rule] = [
        HTTP2Rule("on stream 0", .reset(0), ends: .protocolError, last: 1),
        HTTP2Rule("of none", sized(.resetStream, 0, stream: 1), ends: .frameSizeError, last: 1),
        HTTP2Rule("of three bytes", sized(.resetStream, 3, stream: 1), ends: .frameSizeError, last: 1),
        HTTP2Rule("of five bytes", sized(.resetStream, 5, stream: 1), ends: .frameSizeError, last: 1),
        HTTP2Rule(
            "an unknown code is kept",
            .reset(1, HTTP2ErrorCode(rawValue: 0xFFFF_FFFF)),
            events: ["reset 1 4294967295"]
        ),
    ]

    static let settings: [HTTP2Rule] = [
        HTTP2Rule("of nothing", .settings(), events: ["settings"], output: ["SETTINGS ACK"]),
        HTTP2Rule("an acknowledgement", HTTP2RawFrame(.settings, flags: 1)),
        HTTP2Rule(
            "an acknowledgement with a payload",
            HTTP2RawFrame(.settings, flags: 1, [0, 4, 0, 0, 0, 0]),
            ends: .frameSizeError,
            last: 1
        ),
        HTTP2Rule("on a stream", HTTP2RawFrame(.settings, stream: 1), ends: .protocolError, last: 1),
        HTTP2Rule(
            "an acknowledgement on a stream",
            HTTP2RawFrame(.settings, flags: 1, stream: 1),
            ends: .protocolError,
            last: 1
        ),
        HTTP2Rule("of one byte", sized(.settings, 1), ends: .frameSizeError, last: 1),
        HTTP2Rule("of five bytes", sized(.settings, 5), ends: .frameSizeError, last: 1),
        HTTP2Rule("of seven bytes", sized(.settings, 7), ends: .frameSizeError, last: 1),
        HTTP2Rule("ENABLE_PUSH 2", .settings((.enablePush, 2)), ends: .protocolError, last: 1),
        HTTP2Rule("a window of 2^31", .settings((.initialWindowSize, 0x8000_0000)), ends: .flowControlError, last: 1),
        HTTP2Rule("a window of 2^32-1", .settings((.initialWindowSize, .max)), ends: .flowControlError, last: 1),
        HTTP2Rule("frames of 2^14-1", .settings((.maxFrameSize, 16_383)), ends: .protocolError, last: 1),
        HTTP2Rule("frames of 2^24", .settings((.maxFrameSize, 16_777_216)), ends: .protocolError, last: 1),
        HTTP2Rule("frames of 0", .settings((.maxFrameSize, 0)), ends: .protocolError, last: 1),
        HTTP2Rule("CONNECT_PROTOCOL 2", .settings((.enableConnectProtocol, 2)), ends: .protocolError, last: 1),
        HTTP2Rule(
            "CONNECT_PROTOCOL taken back",
            .settings((.enableConnectProtocol, 1), (.enableConnectProtocol, 0)),
            ends: .protocolError,
            last: 1
        ),
        HTTP2Rule("one wrong of many", .settings((.enablePush, 1), (.maxFrameSize, 1)), ends: .protocolError, last: 1),
        HTTP2Rule(
            "one that is unknown",
            HTTP2RawFrame(.settings, [0xFF, 0xFF, 1, 2, 3, 4]),
            events: ["settings"],
            output: ["SETTINGS ACK"]
        ),
        HTTP2Rule(
            "the largest values",
            .settings((.headerTableSize, .max), (.maxConcurrentStreams, .max), (.maxHeaderListSize, .max)),
            .settings((.initialWindowSize, 0x7FFF_FFFF), (.maxFrameSize, 16_777_215)),
            events: ["settings", "settings"],
            output: ["SETTINGS ACK", "SETTINGS ACK"]
        ),
        HTTP2Rule(
            "the smallest values",
            .settings((.headerTableSize, 0), (.enablePush, 0), (.maxConcurrentStreams, 0), (.initialWindowSize, 0)),
            .settings((.maxFrameSize, 16_384), (.maxHeaderListSize, 0), (.enableConnectProtocol, 0)),
            events: ["settings", "settings"],
            output: ["SETTINGS ACK", "SETTINGS ACK"]
        ),
    ]

    static let others: [HTTP2Rule] = [
        HTTP2Rule(
            "PUSH_PROMISE of a client",
            HTTP2RawFrame(.pushPromise, flags: 4, stream: 1, [0, 0, 0, 2] + .getRequest),
            ends: .protocolError,
            last: 1
        ),
        HTTP2Rule(
            "PUSH_PROMISE on stream 0",
            HTTP2RawFrame(.pushPromise, flags: 4, [0, 0, 0, 2]),
            ends: .protocolError,
            last: 1
        ),
        HTTP2Rule(
            "PING is answered",
            HTTP2RawFrame(.ping, Array(1...8)),
            output: ["PING ACK [1, 2, 3, 4, 5, 6, 7, 8]"]
        ),
        HTTP2Rule("PING's acknowledgement is not", HTTP2RawFrame(.ping, flags: 1, Array(1...8))),
        HTTP2Rule("PING on a stream", HTTP2RawFrame(.ping, stream: 1, Array(1...8)), ends: .protocolError, last: 1),
        HTTP2Rule("PING of none", sized(.ping, 0), ends: .frameSizeError, last: 1),
        HTTP2Rule("PING of seven", sized(.ping, 7), ends: .frameSizeError, last: 1),
        HTTP2Rule("PING of nine", sized(.ping, 9), ends: .frameSizeError, last: 1),
        HTTP2Rule("a short acknowledgement", HTTP2RawFrame(.ping, flags: 1, [0]), ends: .frameSizeError, last: 1),
        HTTP2Rule("GOAWAY", .goAway(0x8000_0000), events: ["goAway 0 0"]),
        HTTP2Rule(
            "GOAWAY with its reason",
            HTTP2RawFrame(.goAway, [0, 0, 0, 5, 0, 0, 0, 11] + Array("why".utf8)),
            events: ["goAway 5 11"]
        ),
        HTTP2Rule(
            "streams go on after GOAWAY",
            after: [.goAway(0)],
            .data(1, 1),
            .get(3),
            events: ["data 1 1", "headers 3 end"]
        ),
        HTTP2Rule("GOAWAY on a stream", HTTP2RawFrame(.goAway, stream: 1, Array(1...8)), ends: .protocolError, last: 1),
        HTTP2Rule("GOAWAY of seven", sized(.goAway, 7), ends: .frameSizeError, last: 1),
        HTTP2Rule("GOAWAY of none", sized(.goAway, 0), ends: .frameSizeError, last: 1),
    ]

    static let windows: [HTTP2Rule] = [
        HTTP2Rule("of the connection", .windowUpdate(0, 1), events: ["window 0"]),
        HTTP2Rule("of the stream", .windowUpdate(1, 1), events: ["window 1"]),
        HTTP2Rule("the reserved bit is ignored", .windowUpdate(1, 0x8000_0001), events: ["window 1"]),
        HTTP2Rule("nothing but the reserved bit", .windowUpdate(1, 0x8000_0000), resets: 1, .protocolError),
        HTTP2Rule("nothing, of the connection", .windowUpdate(0, 0), ends: .protocolError, last: 1),
        HTTP2Rule("nothing, of the stream", .windowUpdate(1, 0), resets: 1, .protocolError),
        HTTP2Rule("of none", sized(.windowUpdate, 0, stream: 1), ends: .frameSizeError, last: 1),
        HTTP2Rule("of three bytes", sized(.windowUpdate, 3, stream: 1), ends: .frameSizeError, last: 1),
        HTTP2Rule("of five bytes", sized(.windowUpdate, 5), ends: .frameSizeError, last: 1),
        HTTP2Rule("the largest window of the connection", .windowUpdate(0, 0x7FFF_FFFF - 65_535), events: ["window 0"]),
        HTTP2Rule("one more", .windowUpdate(0, 0x7FFF_FFFF - 65_534), ends: .flowControlError, last: 1),
        HTTP2Rule(
            "one more, in two steps",
            after: [.windowUpdate(0, 0x7FFF_0000)],
            .windowUpdate(0, 1),
            ends: .flowControlError,
            last: 1
        ),
        HTTP2Rule("the largest window of the stream", .windowUpdate(1, 0x7FFF_FFFF - 65_535), events: ["window 1"]),
        HTTP2Rule("one more, of the stream", .windowUpdate(1, 0x7FFF_FFFF), resets: 1, .flowControlError),
        HTTP2Rule(
            "one more, of the stream in two steps",
            after: [.windowUpdate(1, 0x7FFF_0000)],
            .windowUpdate(1, 1),
            resets: 1,
            .flowControlError
        ),
        HTTP2Rule(
            "one more, by SETTINGS",
            after: [.windowUpdate(1, 0x7FFF_FFFF - 65_535)],
            .settings((.initialWindowSize, 65_536)),
            ends: .flowControlError,
            last: 1
        ),
    ]

    @Test(arguments: data) func `what DATA may carry`(_ rule: HTTP2Rule) { check(rule) }
    @Test(arguments: headers) func `what HEADERS may carry`(_ rule: HTTP2Rule) { check(rule) }
    @Test(arguments: priority) func `what PRIORITY may carry`(_ rule: HTTP2Rule) { check(rule) }
    @Test(arguments: reset) func `what RST_STREAM may carry`(_ rule: HTTP2Rule) { check(rule) }
    @Test(arguments: settings) func `what SETTINGS may carry`(_ rule: HTTP2Rule) { check(rule) }
    @Test(arguments: others) func `what PUSH_PROMISE, PING and GOAWAY may carry`(_ rule: HTTP2Rule) { check(rule) }
    @Test(arguments: windows) func `what WINDOW_UPDATE may carry`(_ rule: HTTP2Rule) { check(rule) }

    private func check(_ rule: HTTP2Rule) {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(.post(1))
        rule.check(on: machine)
    }
}
