package import GatewayKit
package import NIOCore

/// One HTTP/2 connection as a value: bytes and requests to send go in, events and bytes to write come out (RFC 9113).
///
/// Knows no socket and no clock. Checks framing, stream states, windows and settings; what the messages mean is left to
/// its owner, but for what makes a header block malformed. Bodies are handed on as they come: the owner says with
/// `consumed` how much of them it is done with, and the peer gets as much room again.
package struct HTTP2Connection {
    package enum Role: Sendable {
        case server, client
    }

    package enum Event {
        /// Nothing more until further bytes are fed.
        case incomplete
        /// A head, or trailers; `headers` holds it until the next event.
        case headers(UInt32, endsStream: Bool)
        /// `endsStream` may come with no bytes.
        case data(UInt32, ByteBuffer, endsStream: Bool)
        /// The peer ended the stream.
        case reset(UInt32, HTTP2ErrorCode)
        /// This side ended the stream, for what the peer did.
        case streamFault(UInt32, HTTP2ErrorCode)
        /// This side ended a stream that the peer has just opened, and looks at nothing that comes on it; `headers` holds
        /// what could be read of the request until the next event.
        case refused(UInt32, reason: String)
        /// There is more room to send on this stream; 0: on every stream.
        case windowOpened(UInt32)
        /// The peer's settings are new.
        case settings
        /// The peer takes no more streams and has not looked at any above `lastStream`.
        case goAway(lastStream: UInt32, HTTP2ErrorCode)
        /// The connection is over; what `output` holds should still be sent.
        case fault(HTTP2Fault)
    }

    /// What this side allows.
    package struct Limits: Sendable {
        package var message = MessageLimits()
        package var concurrentStreams = 128
        /// Room for the body of one stream.
        package var streamWindow = 256 * 1024
        /// Bytes of bodies that may wait unread on the whole connection, those of streams that have ended included.
        package var connectionWindow = 1024 * 1024

        package init() {}
    }

    static let largestFrame = HTTP2Settings.smallestFrameSize
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    let role: Role
    let limits: Limits

    // Reading
    var buffer = ByteBuffer()
    var now = NIODeadline.distantPast
    var awaitsPreface: Bool
    var hasPeerSettings = false
    var isOver = false
    var decoder = HPACKDecoder()
    package internal(set) var headers: HeaderBlock
    /// A header block whose CONTINUATION frames are awaited.
    var fragments: HTTP2Fragments?

    // Streams
    var streams: [UInt32: HTTP2StreamState] = [:]
    var closed = HTTP2ClosedStreams()
    /// The highest that the peer opened (server) or that was opened here (client).
    package internal(set) var lastStream: UInt32 = 0
    /// The last stream of the GOAWAY that was sent: higher ones are not looked at.
    var lastAccepted: UInt32?
    /// The highest that was opened after that.
    var lastIgnored: UInt32 = 0
    /// Something went out that a peer may measure with a PING.
    var hasSentSincePing = false
    package internal(set) var isPeerGoingAway = false

    // Windows and settings
    package internal(set) var peer = HTTP2Settings()
    var sendWindow = 65_535
    /// Together with what lies unread and with `uncredited` always the whole window.
    var receiveWindow: Int
    var uncredited = 0
    /// What still lies unread of streams that have ended.
    var leftovers: [UInt32: Int] = [:]
    var budget: HTTP2Budget
    var needsTableSizeUpdate = true

    /// What is to be written to the connection.
    package var output = ByteBuffer()

    package init(_ role: Role, limits: Limits = Limits()) {
        self.role = role
        self.limits = limits
        awaitsPreface = role == .server
        headers = HeaderBlock(limits: limits.message)
        receiveWindow = limits.connectionWindow
        budget = HTTP2Budget(isLimited: role == .server)
    }

    // MARK: Life

    /// Writes the preface of this side.
    package mutating func start() {
        if role == .client {
            output.writeBytes(Self.preface)
        }
        var values: [(HTTP2Settings.Parameter, Int)] = [
            (.initialWindowSize, limits.streamWindow), (.maxHeaderListSize, limits.message.head.bytes),
        ]
        switch role {
        case .server: values += [(.maxConcurrentStreams, limits.concurrentStreams), (.enableConnectProtocol, 1)]
        case .client: values.append((.enablePush, 0))
        }
        HTTP2Settings.write(values, into: &output)
        writeWindowUpdate(0, limits.connectionWindow - 65_535)
    }

    /// True until the peer's preface and first SETTINGS are there.
    package var isOpening: Bool { awaitsPreface || !hasPeerSettings }
    /// True in the middle of a header block.
    package var isInsideHeaders: Bool { fragments != nil }
    package var streamCount: Int { streams.count }
    package var isEnded: Bool { isOver }

    /// The stream that an HTTP/1.1 request became by an upgrade: its request is whole (RFC 7540 §3.2).
    package mutating func adoptUpgradedStream() {
        lastStream = 1
        var stream = newStream()
        stream.isRemoteOpen = false
        stream.hasHead = true
        streams[1] = stream
    }

    /// Applies the settings of an `HTTP2-Settings` field (RFC 7540 §3.2.1).
    package mutating func apply(_ settings: ByteBuffer) throws(HTTP2Fault) {
        try peer.apply(settings)
    }

    func newStream() -> HTTP2StreamState {
        HTTP2StreamState(sendWindow: peer.initialWindowSize, receiveWindow: limits.streamWindow)
    }

    /// Tells the peer that no more streams are taken.
    ///
    /// - Parameter isFinal: streams above the last one so far are ignored from now on; otherwise they are still served,
    ///   so that what is on its way is not lost (RFC 9113 §6.8).
    package mutating func goAway(_ code: HTTP2ErrorCode = .noError, isFinal: Bool) {
        let last = isFinal ? (role == .server ? lastStream : 0) : 0x7FFF_FFFF
        if isFinal {
            lastAccepted = last
        }
        HTTP2FrameHeader(.goAway, length: 8, stream: 0).write(into: &output)
        output.writeMultipleIntegers(last, code.rawValue)
    }

    // MARK: Reading

    package mutating func feed(_ bytes: ByteBuffer, at now: NIODeadline) {
        guard !isOver else { return }
        self.now = now
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// Bodies that were read: the peer gets room for as much again. Those of a stream that has ended too; a stream that
    /// was reset needs no more of it.
    package mutating func consumed(_ count: Int, of stream: UInt32) {
        guard count > 0 else { return }
        guard var state = streams[stream] else {
            guard let leftover = leftovers[stream] else { return }
            leftovers[stream] = leftover > count ? leftover - count : nil
            creditConnection(min(count, leftover))
            return
        }
        let count = min(count, state.unconsumed)
        state.unconsumed -= count
        creditConnection(count)
        if state.isRemoteOpen {
            state.uncredited += count
        }
        streams[stream] = state
        creditStream(stream)
    }

    /// Gives the peer room again once half of the stream's window is done with.
    mutating func creditStream(_ stream: UInt32) {
        guard var state = streams[stream], state.isRemoteOpen, 2 * state.uncredited >= limits.streamWindow else {
            return
        }
        writeWindowUpdate(stream, state.uncredited)
        state.receiveWindow += state.uncredited
        state.uncredited = 0
        streams[stream] = state
    }

    /// Gives the peer room again once it has no more left than is done with: half of the window where nothing lies
    /// unread, and less where slow streams hold most of it, so that the others go on.
    mutating func creditConnection(_ count: Int) {
        uncredited += count
        guard uncredited > 0, uncredited >= receiveWindow else { return }
        writeWindowUpdate(0, uncredited)
        receiveWindow += uncredited
        uncredited = 0
    }

    // MARK: Writing

    /// Opens a stream of this side, a client's.
    ///
    /// - Returns: `nil` when the peer takes no more now, or this connection has none left.
    package mutating func openStream() -> UInt32? {
        guard role == .client, mayOpenStream else { return nil }
        lastStream = lastStream == 0 ? 1 : lastStream + 2
        streams[lastStream] = newStream()
        return lastStream
    }

    package var mayOpenStream: Bool {
        !isOver && !isPeerGoingAway && lastStream < 0x7FFF_FFFD && streams.count < peer.maxConcurrentStreams
    }

    /// Writes a head or trailers, in as many frames as it takes.
    ///
    /// - Parameter encode: writes the header block.
    package mutating func writeHeaders(_ stream: UInt32, endsStream: Bool, _ encode: (inout ByteBuffer) -> Void) {
        guard streams[stream]?.isLocalOpen == true else { return }
        streams[stream]?.isKnownToPeer = true
        hasSentSincePing = true
        let start = output.writerIndex
        output.writeRepeatingByte(0, count: HTTP2FrameHeader.size)
        if needsTableSizeUpdate {
            // Nothing is ever put into the peer's table (RFC 7541 §4.2).
            HPACKWriter.writeTableSizeUpdate(0, into: &output)
            needsTableSizeUpdate = false
        }
        encode(&output)
        let length = output.writerIndex - start - HTTP2FrameHeader.size
        let flags = endsStream ? HTTP2FrameHeader.Flags.endStream : 0
        if length <= peer.maxFrameSize {
            var header = HTTP2FrameHeader(.headers, length: length, flags: flags, stream: stream)
            header.flags |= HTTP2FrameHeader.Flags.endHeaders
            rewrite(header, at: start)
        } else {
            split(blockAt: start, flags: flags, stream: stream)
        }
        if endsStream { endLocal(stream) }
    }

    private mutating func rewrite(_ header: HTTP2FrameHeader, at index: Int) {
        var bytes = ByteBuffer()
        header.write(into: &bytes)
        output.setBuffer(bytes, at: index)
    }

    /// A block that is larger than a frame (RFC 9113 §4.3).
    private mutating func split(blockAt start: Int, flags: UInt8, stream: UInt32) {
        let blockStart = start + HTTP2FrameHeader.size
        var block = output.getSlice(at: blockStart, length: output.writerIndex - blockStart) ?? ByteBuffer()
        output.moveWriterIndex(to: start)
        var kind = HTTP2FrameHeader.Kind.headers
        var flags = flags
        while block.readableBytes > 0 {
            let count = min(block.readableBytes, peer.maxFrameSize)
            if count == block.readableBytes { flags |= HTTP2FrameHeader.Flags.endHeaders }
            HTTP2FrameHeader(kind, length: count, flags: flags, stream: stream).write(into: &output)
            if let part = block.readSlice(length: count) { output.writeImmutableBuffer(part) }
            kind = .continuation
            flags = 0
        }
    }

    /// How many bytes of a body may be sent now, in one frame.
    package func sendable(_ stream: UInt32) -> Int {
        guard let state = streams[stream], state.isLocalOpen else { return 0 }
        return max(0, min(state.sendWindow, sendWindow, peer.maxFrameSize))
    }

    /// Writes the header of a DATA frame, whose payload of `count` bytes follows it. `count` is within `sendable`.
    package mutating func writeDataHeader(_ stream: UInt32, count: Int, endsStream: Bool) {
        guard var state = streams[stream], state.isLocalOpen else { return }
        let isStarved = count < 1_024 && count == min(state.sendWindow, sendWindow)
        state.sendWindow -= count
        sendWindow -= count
        streams[stream] = state
        // It may be answered by a WINDOW_UPDATE of the stream and one of the connection, and by more from a peer that
        // reads in small pieces. Windows of a few bytes earn nothing.
        if !isStarved {
            budget.earn(2 + Int64(count / 1_024))
        }
        hasSentSincePing = true
        HTTP2FrameHeader(
            .data,
            length: count,
            flags: endsStream ? HTTP2FrameHeader.Flags.endStream : 0,
            stream: stream
        ).write(into: &output)
        if endsStream { endLocal(stream) }
    }

    /// Ends a stream at once, if it is not closed yet. Nobody will read what lies unread of it.
    package mutating func reset(_ stream: UInt32, _ code: HTTP2ErrorCode) {
        guard let state = streams[stream] else {
            if let leftover = leftovers.removeValue(forKey: stream) { creditConnection(leftover) }
            return
        }
        remove(stream, wasReset: true)
        // To the peer, a stream on which nothing was sent has never been open.
        guard role == .server || state.isKnownToPeer else { return }
        writeReset(stream, code)
    }

    /// The same for what the peer did.
    ///
    /// - Returns: false when it has done so too often: then it is an attacker.
    package mutating func resetForFault(_ stream: UInt32, _ code: HTTP2ErrorCode) -> Bool {
        reset(stream, code)
        return budget.spend(10, at: now)
    }

    mutating func writeReset(_ stream: UInt32, _ code: HTTP2ErrorCode) {
        HTTP2FrameHeader(.resetStream, length: 4, stream: stream).write(into: &output)
        output.writeInteger(code.rawValue)
    }

    mutating func writeWindowUpdate(_ stream: UInt32, _ increment: Int) {
        guard increment > 0 else { return }
        HTTP2FrameHeader(.windowUpdate, length: 4, stream: stream).write(into: &output)
        output.writeInteger(UInt32(clamping: increment))
    }

    private mutating func endLocal(_ stream: UInt32) {
        guard var state = streams[stream] else { return }
        state.isLocalOpen = false
        if state.isRemoteOpen {
            streams[stream] = state
        } else {
            removeEnded(stream)
        }
    }

    mutating func endRemote(_ stream: UInt32) {
        guard var state = streams[stream] else { return }
        state.isRemoteOpen = false
        if state.isLocalOpen {
            streams[stream] = state
        } else {
            removeEnded(stream)
        }
    }

    /// One of the sides has reset it.
    ///
    /// - Parameter wasReset: by this one.
    mutating func remove(_ stream: UInt32, wasReset: Bool) {
        guard let state = streams.removeValue(forKey: stream) else { return }
        closed.insert(stream, wasReset: wasReset)
        creditConnection(state.unconsumed)
    }

    /// Both sides have ended it; what lies unread of it may still be read.
    private mutating func removeEnded(_ stream: UInt32) {
        guard let state = streams.removeValue(forKey: stream) else { return }
        closed.insert(stream, wasReset: false)
        if state.unconsumed > 0 { leftovers[stream] = state.unconsumed }
    }
}
