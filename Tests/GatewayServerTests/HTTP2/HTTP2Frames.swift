import GatewayServer
import NIOCore
import Testing

/// A frame as bytes, right or wrong: what HTTP/2 says nothing about can be written too.
struct HTTP2RawFrame: Hashable, Sendable, CustomStringConvertible {
    var kind: UInt8
    var flags: UInt8 = 0
    var stream: UInt32 = 0
    var payload: [UInt8] = []

    init(_ kind: HTTP2FrameHeader.Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        self.init(kind: kind.rawValue, flags: flags, stream: stream, payload)
    }

    init(kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    /// Its header, and the payload after it.
    var bytes: [UInt8] {
        Array([UInt8](bigEndian: UInt32(payload.count))[1...]) + [kind, flags] + [UInt8](bigEndian: stream) + payload
    }

    /// Short, for what a test expects: `RST_STREAM 1 5`.
    var description: String {
        switch HTTP2FrameHeader.Kind(rawValue: kind) {
        case .data: "DATA \(stream) \(payload.count)\(flags & 1 == 0 ? "" : " end")"
        case .headers: "HEADERS \(stream)\(flags & 4 == 0 ? " +" : "")\(flags & 1 == 0 ? "" : " end")"
        case .continuation: "CONTINUATION \(stream)\(flags & 4 == 0 ? " +" : "")"
        case .resetStream: "RST_STREAM \(stream) \(number(at: 0))"
        case .settings: flags & 1 == 0 ? "SETTINGS" : "SETTINGS ACK"
        case .ping: "PING\(flags & 1 == 0 ? "" : " ACK") \(payload)"
        case .goAway: "GOAWAY \(number(at: 0)) \(number(at: 4))"
        case .windowUpdate: "WINDOW_UPDATE \(stream) \(number(at: 0))"
        case .priority, .pushPromise, nil: "kind \(kind) on \(stream)"
        }
    }

    /// 32 bits of the payload.
    func number(at index: Int) -> UInt32 {
        payload.dropFirst(index).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension [UInt8] {
    init(bigEndian value: UInt32) {
        self = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// `GET https / a`.
    static let getRequest = indexed(2) + indexed(7) + indexed(4) + literal(":authority", "a")
    /// `POST https / a`.
    static let postRequest = indexed(3) + indexed(7) + indexed(4) + literal(":authority", "a")
    /// `:status: 200`.
    static let okResponse = indexed(8)
    static let someTrailers = literal("checksum", "1")
}

extension HTTP2RawFrame {
    typealias Flags = HTTP2FrameHeader.Flags

    /// One parameter each: number and value.
    static func settings(_ values: (HTTP2Settings.Parameter, UInt32)...) -> Self {
        Self(
            .settings,
            values.flatMap { parameter, value in
                [0, UInt8(parameter.rawValue)] + [UInt8](bigEndian: value)
            }
        )
    }

    static func headers(_ stream: UInt32, _ block: [UInt8], ends: Bool = false, isWhole: Bool = true) -> Self {
        Self(.headers, flags: (ends ? Flags.endStream : 0) | (isWhole ? Flags.endHeaders : 0), stream: stream, block)
    }

    static func continuation(_ stream: UInt32, _ block: [UInt8], isWhole: Bool = true) -> Self {
        Self(.continuation, flags: isWhole ? Flags.endHeaders : 0, stream: stream, block)
    }

    /// A request without a body.
    static func get(_ stream: UInt32) -> Self { headers(stream, .getRequest, ends: true) }
    /// The head of a request with a body.
    static func post(_ stream: UInt32) -> Self { headers(stream, .postRequest) }

    static func data(_ stream: UInt32, _ count: Int, ends: Bool = false) -> Self {
        Self(.data, flags: ends ? Flags.endStream : 0, stream: stream, [UInt8](repeating: 0x61, count: count))
    }

    /// DATA with its length of padding in front and the padding behind.
    static func padded(_ stream: UInt32, _ count: Int, padding: UInt8, ends: Bool = false) -> Self {
        var frame = data(stream, count, ends: ends)
        frame.flags |= Flags.padded
        frame.payload = [padding] + frame.payload + [UInt8](repeating: 0, count: Int(padding))
        return frame
    }

    static func reset(_ stream: UInt32, _ code: HTTP2ErrorCode = .cancel) -> Self {
        Self(.resetStream, stream: stream, [UInt8](bigEndian: code.rawValue))
    }

    static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> Self {
        Self(.windowUpdate, stream: stream, [UInt8](bigEndian: increment))
    }

    static func priority(_ stream: UInt32) -> Self { Self(.priority, stream: stream, [0, 0, 0, 0, 15]) }
    static func ping(_ last: UInt8 = 0) -> Self { Self(.ping, [0, 0, 0, 0, 0, 0, 0, last]) }

    static func goAway(_ last: UInt32, _ code: HTTP2ErrorCode = .noError) -> Self {
        Self(.goAway, [UInt8](bigEndian: last) + [UInt8](bigEndian: code.rawValue))
    }

    /// The frames that `bytes` are; what is left over at the end is a frame of kind 255.
    static func all(in bytes: [UInt8]) -> [Self] {
        var frames = [Self]()
        var rest = bytes[...]
        while rest.count >= 9 {
            let start = rest.startIndex
            let length = rest.prefix(3).reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 9 + length else { break }
            let stream = rest[(start + 5)..<(start + 9)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let payload = Array(rest[(start + 9)..<(start + 9 + length)])
            frames.append(Self(kind: rest[start + 3], flags: rest[start + 4], stream: stream, payload))
            rest = rest.dropFirst(9 + length)
        }
        if !rest.isEmpty { frames.append(Self(kind: .max, Array(rest))) }
        return frames
    }
}

/// A machine under test, and what came of what it was fed.
struct HTTP2Machine {
    var connection: HTTP2Connection
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    /// The header blocks that came with events, the pseudo-fields first.
    private(set) var heads: [[String]] = []
    /// The bodies that came, by their streams.
    private(set) var bodies: [UInt32: [UInt8]] = [:]
    /// Why streams were refused, in their order.
    private(set) var refusals: [String] = []

    /// A machine that has exchanged nothing yet but its own preface.
    init(fresh role: HTTP2Connection.Role, _ limits: HTTP2Connection.Limits = .init()) {
        connection = HTTP2Connection(role, limits: limits)
        connection.start()
    }

    /// A machine whose peer has sent its preface and these settings; all of that is read and answered.
    init(_ role: HTTP2Connection.Role, _ limits: HTTP2Connection.Limits = .init(), peer: HTTP2RawFrame = .settings()) {
        self.init(fresh: role, limits)
        _ = read((role == .server ? .preface : []) + peer.bytes)
        _ = takeOutput()
    }

    /// The events that these frames make.
    mutating func receive(_ frames: HTTP2RawFrame...) -> [String] { receive(frames) }

    mutating func receive(_ frames: [HTTP2RawFrame]) -> [String] { read(frames.flatMap(\.bytes)) }

    /// The events that these bytes make, until the machine wants more.
    mutating func read(_ bytes: [UInt8]) -> [String] {
        connection.feed(ByteBuffer(bytes: bytes), at: now)
        var events = [String]()
        while true {
            switch connection.next() {
            case .incomplete: return events
            case .headers(let stream, let ends):
                heads.append(connection.headers.texts)
                events.append(ends ? "headers \(stream) end" : "headers \(stream)")
            case .data(let stream, let part, let ends):
                bodies[stream, default: []] += part.readableBytesView
                events.append("data \(stream) \(part.readableBytes)" + (ends ? " end" : ""))
            case .reset(let stream, let code): events.append("reset \(stream) \(code.rawValue)")
            case .streamFault(let stream, let code): events.append("streamFault \(stream) \(code.rawValue)")
            case .refused(let stream, let reason):
                refusals.append(reason)
                events.append("refused \(stream)")
            case .windowOpened(let stream): events.append("window \(stream)")
            case .settings: events.append("settings")
            case .goAway(let last, let code): events.append("goAway \(last) \(code.rawValue)")
            case .fault(let fault): events.append("fault \(fault.code.rawValue)")
            }
        }
    }

    /// The frames written since last asked.
    mutating func takeOutput() -> [HTTP2RawFrame] {
        defer { connection.output.clear() }
        return HTTP2RawFrame.all(in: Array(connection.output.readableBytesView))
    }

    /// As `takeOutput`, described.
    mutating func takeTexts() -> [String] { takeOutput().map(\.description) }

    mutating func pass(_ time: TimeAmount) { now = now + time }

    /// Writes a head of this block.
    mutating func send(_ stream: UInt32, _ block: [UInt8], ends: Bool = false) {
        connection.writeHeaders(stream, endsStream: ends) { $0.writeBytes(block) }
    }

    /// Writes DATA.
    mutating func send(_ stream: UInt32, count: Int, ends: Bool = false) {
        connection.writeDataHeader(stream, count: count, endsStream: ends)
        connection.output.writeRepeatingByte(0x61, count: count)
    }
}

/// A rule of RFC 9113: what is sent, and exactly what comes of it.
struct HTTP2Rule: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var before: [HTTP2RawFrame] = []
    let frames: [HTTP2RawFrame]
    let events: [String]
    let output: [String]

    /// - Parameter before: what is right, and what it makes is not looked at.
    init(
        _ rule: String,
        after before: [HTTP2RawFrame] = [],
        _ frames: HTTP2RawFrame...,
        events: [String] = [],
        output: [String] = []
    ) {
        testDescription = rule
        (self.before, self.frames, self.events, self.output) = (before, frames, events, output)
    }

    /// - Parameter last: the last stream that the GOAWAY names.
    init(
        _ rule: String,
        after before: [HTTP2RawFrame] = [],
        _ frames: HTTP2RawFrame...,
        ends code: HTTP2ErrorCode,
        last: UInt32 = 0
    ) {
        testDescription = rule
        (self.before, self.frames) = (before, frames)
        (events, output) = (["fault \(code.rawValue)"], ["GOAWAY \(last) \(code.rawValue)"])
    }

    /// - Parameter isOpen: the stream was known, and so its owner is told.
    init(
        _ rule: String,
        after before: [HTTP2RawFrame] = [],
        _ frames: HTTP2RawFrame...,
        resets stream: UInt32,
        _ code: HTTP2ErrorCode,
        isOpen: Bool = true
    ) {
        testDescription = rule
        (self.before, self.frames) = (before, frames)
        events = isOpen ? ["streamFault \(stream) \(code.rawValue)"] : []
        output = ["RST_STREAM \(stream) \(code.rawValue)"]
    }

    /// The stream that these frames open is not looked at.
    init(_ rule: String, _ frames: HTTP2RawFrame..., refuses stream: UInt32, _ code: HTTP2ErrorCode) {
        testDescription = rule
        self.frames = frames
        (events, output) = (["refused \(stream)"], ["RST_STREAM \(stream) \(code.rawValue)"])
    }

    /// Checks it on a machine; one that is over must stay silent whatever else comes.
    func check(on machine: HTTP2Machine, sourceLocation: SourceLocation = #_sourceLocation) {
        var machine = machine
        let earlier = machine.receive(before)
        #expect(!earlier.contains { $0.contains("ault") }, sourceLocation: sourceLocation)
        _ = machine.takeOutput()
        #expect(machine.receive(frames) == events, sourceLocation: sourceLocation)
        #expect(machine.takeTexts() == output, sourceLocation: sourceLocation)
        let isOver = events.last?.hasPrefix("fault") == true
        #expect(machine.connection.isEnded == isOver, sourceLocation: sourceLocation)
        let after = machine.receive(.ping(7)) + machine.takeTexts()
        #expect(after == (isOver ? [] : ["PING ACK [0, 0, 0, 0, 0, 0, 0, 7]"]), sourceLocation: sourceLocation)
    }
}
