import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// RFC 9113 §3.4 and §4: prefaces, frames and header blocks, to a server.
struct HTTP2ConnectionFramingTests {
    // MARK: §3.4

    @Test func `a server begins with its settings and a wider window of the connection`() {
        var machine = HTTP2Machine(fresh: .server)
        let output = machine.takeOutput()
        #expect(output.map(\.description) == ["SETTINGS", "WINDOW_UPDATE 0 \(1024 * 1024 - 65_535)"])
        let parameters = stride(from: 0, to: output.first?.payload.count ?? 0, by: 6).map { place in
            [output[0].number(at: place) >> 16, output[0].number(at: place + 2)]
        }
        #expect(parameters == [[4, 256 * 1024], [6, 32 * 1024], [3, 128], [8, 1]])
    }

    @Test func `a preface that comes byte by byte opens the connection`() {
        var machine = HTTP2Machine(fresh: .server)
        var events = [String]()
        for byte in .preface + HTTP2RawFrame.settings().bytes {
            #expect(machine.connection.isOpening)
            events += machine.read([byte])
        }
        #expect(!machine.connection.isOpening)
        #expect(events == ["settings"])
        #expect(machine.takeTexts().last == "SETTINGS ACK")
    }

    @Test(arguments: [UInt8].preface.indices)
    func `a preface with one wrong byte ends the connection at once`(_ index: Int) {
        var machine = HTTP2Machine(fresh: .server)
        _ = machine.takeOutput()
        var preface = [UInt8].preface
        preface[index] ^= 0x20
        #expect(machine.read(Array(preface[...index])) == ["fault 1"])
        #expect(machine.takeTexts() == ["GOAWAY 0 1"])
    }

    static let notSettings: [HTTP2RawFrame] = [
        .get(1), .data(1, 1), .ping(), .windowUpdate(0, 1), .priority(1), .reset(1), .goAway(0), .continuation(1, []),
        HTTP2RawFrame(.settings, flags: HTTP2RawFrame.Flags.acknowledgement), HTTP2RawFrame(kind: 0x42),
    ]

    @Test(arguments: notSettings, [HTTP2Connection.Role.server, .client])
    func `the first frame of a peer is SETTINGS`(_ frame: HTTP2RawFrame, _ role: HTTP2Connection.Role) {
        var machine = HTTP2Machine(fresh: role)
        _ = machine.takeOutput()
        #expect(machine.read((role == .server ? .preface : []) + frame.bytes) == ["fault 1"])
        #expect(machine.takeTexts() == ["GOAWAY 0 1"])
    }

    // MARK: §4.1, §4.2, §5.5

    static let rules = [
        HTTP2Rule("§4.1 a frame of an unknown kind is read over", HTTP2RawFrame(kind: 0x42, flags: 0xFF, [1, 2, 3])),
        HTTP2Rule("§4.1 also on a stream", HTTP2RawFrame(kind: 0xFF, stream: 9, [UInt8](repeating: 0, count: 16_384))),
        HTTP2Rule("§5.5 ORIGIN and ALTSVC are read over", HTTP2RawFrame(kind: 0xC), HTTP2RawFrame(kind: 0xA)),
        HTTP2Rule(
            "§4.1 flags that a kind does not have are ignored",
            HTTP2RawFrame(.ping, flags: 0xFE, [1, 0, 0, 0, 0, 0, 0, 0]),
            output: ["PING ACK [1, 0, 0, 0, 0, 0, 0, 0]"]
        ),
        HTTP2Rule(
            "§4.1 the reserved bit of a stream is ignored",
            HTTP2RawFrame(.headers, flags: 5, stream: 0x8000_0001, .getRequest),
            events: ["headers 1 end"]
        ),
        HTTP2Rule("§4.2 DATA of the largest size", after: [.post(1)], .data(1, 16_384), events: ["data 1 16384"]),
        HTTP2Rule("§4.2 DATA above it", after: [.post(1)], .data(1, 16_385), ends: .frameSizeError, last: 1),
        HTTP2Rule("§4.2 an unknown kind above it", HTTP2RawFrame(kind: 0x42, large), ends: .frameSizeError),
        HTTP2Rule("§4.2 HEADERS above it", .headers(1, large), ends: .frameSizeError),
        HTTP2Rule("§4.2 SETTINGS above it", HTTP2RawFrame(.settings, large), ends: .frameSizeError),
    ]
    private static let large = [UInt8](repeating: 0, count: 16_385)

    @Test(arguments: rules) func `a frame is bounded, and read over where it is new`(_ rule: HTTP2Rule) {
        rule.check(on: HTTP2Machine(.server))
    }

    @Test func `a frame too large is refused before its payload comes`() {
        var machine = HTTP2Machine(.server)
        #expect(machine.read([0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1]) == ["fault 6"])
        #expect(machine.takeTexts() == ["GOAWAY 0 6"])
    }

    // MARK: §4.3, §6.10

    private static let begun = HTTP2RawFrame.headers(1, Array([UInt8].getRequest.prefix(2)), ends: true, isWhole: false)
    private static let rest = Array([UInt8].getRequest.dropFirst(2))

    static let blocks: [HTTP2Rule] = [
        HTTP2Rule("CONTINUATION ends it", begun, .continuation(1, rest), events: ["headers 1 end"]),
        HTTP2Rule(
            "many CONTINUATION frames, some empty",
            .headers(1, [], isWhole: false),
            .continuation(1, [], isWhole: false),
            .continuation(1, .getRequest, isWhole: false),
            .continuation(1, []),
            events: ["headers 1"]
        ),
        HTTP2Rule(
            "DATA within",
            after: [.post(1), .headers(3, [], isWhole: false)],
            .data(1, 1),
            ends: .protocolError,
            last: 1
        ),
        HTTP2Rule("PRIORITY within", after: [begun], .priority(1), ends: .protocolError),
        HTTP2Rule("PING within", after: [begun], .ping(), ends: .protocolError),
        HTTP2Rule("RST_STREAM within", after: [begun], .reset(1), ends: .protocolError),
        HTTP2Rule("SETTINGS within", after: [begun], .settings(), ends: .protocolError),
        HTTP2Rule("WINDOW_UPDATE within", after: [begun], .windowUpdate(0, 1), ends: .protocolError),
        HTTP2Rule("GOAWAY within", after: [begun], .goAway(0), ends: .protocolError),
        HTTP2Rule("HEADERS within", after: [begun], .headers(1, rest), ends: .protocolError),
        HTTP2Rule("an unknown kind within", after: [begun], HTTP2RawFrame(kind: 0x42), ends: .protocolError),
        HTTP2Rule("CONTINUATION of another stream", after: [begun], .continuation(3, rest), ends: .protocolError),
        HTTP2Rule("CONTINUATION on stream 0", after: [begun], .continuation(0, rest), ends: .protocolError),
        HTTP2Rule(
            "CONTINUATION after the end",
            after: [.post(1)],
            .continuation(1, rest),
            ends: .protocolError,
            last: 1
        ),
        HTTP2Rule("CONTINUATION without HEADERS", .continuation(1, rest), ends: .protocolError),
        HTTP2Rule(
            "CONTINUATION after DATA",
            after: [.post(1), .data(1, 1)],
            .continuation(1, rest),
            ends: .protocolError,
            last: 1
        ),
        HTTP2Rule("an unknown entry", .headers(1, .indexed(70)), ends: .compressionError),
        HTTP2Rule("entry 0", .headers(1, .indexed(0)), ends: .compressionError),
        HTTP2Rule("a string that is cut off", .headers(1, [0x00, 0x05, 0x61]), ends: .compressionError),
        HTTP2Rule("a table larger than allowed", .headers(1, .tableSize(4097)), ends: .compressionError),
        HTTP2Rule("a late change of the table", .headers(1, .indexed(2) + .tableSize(0)), ends: .compressionError),
        HTTP2Rule("bad Huffman code", .headers(1, [0x00, 0x81, 0x00, 0x00]), ends: .compressionError),
        HTTP2Rule("cut off in CONTINUATION", begun, .continuation(1, [0x00, 0x09]), ends: .compressionError),
        HTTP2Rule(
            "bad in trailers",
            after: [.post(1)],
            .headers(1, .indexed(70), ends: true),
            ends: .compressionError,
            last: 1
        ),
        HTTP2Rule(
            "bad on a stream that was refused for its fields",
            after: [],
            .headers(1, .literal("A", "b")),
            .headers(1, .indexed(70), ends: true),
            events: ["refused 1", "fault 9"],
            output: ["RST_STREAM 1 1", "GOAWAY 1 9"]
        ),
    ]

    @Test(arguments: blocks) func `a header block is whole and uninterrupted`(_ rule: HTTP2Rule) {
        rule.check(on: HTTP2Machine(.server))
    }

    @Test func `the table stays the same after a block whose stream is not wanted`() {
        var machine = HTTP2Machine(.server)
        let block = [UInt8].getRequest + .literal("Bad", "x") + .literal("kept", "yes", isRemembered: true)
        #expect(machine.receive(.headers(1, block, ends: true)) == ["refused 1"])
        #expect(machine.receive(.headers(3, .getRequest + .indexed(62), ends: true)) == ["headers 3 end"])
        #expect(machine.heads.last?.last == "kept: yes")
    }

    @Test func `the machine says that it is within a header block`() {
        var machine = HTTP2Machine(.server)
        _ = machine.receive(Self.begun)
        #expect(machine.connection.isInsideHeaders)
        _ = machine.receive(.continuation(1, Self.rest))
        #expect(!machine.connection.isInsideHeaders)
        #expect(machine.heads == [[":method: GET", ":scheme: https", ":path: /", ":authority: a"]])
    }
}
