internal import GatewayKit
internal import NIOCore

// What each kind of frame does.
extension HTTP2Connection {
    /// CONTINUATION frames that one header block may have; with 16 KiB each that is far more than a head may be.
    private static let mostContinuations = 32

    /// The next thing that the bytes say.
    package mutating func next() -> Event {
        while !isOver {
            do throws(HTTP2Fault) {
                guard try readPreface() else { return .incomplete }
                guard let header = HTTP2FrameHeader(peekingAt: buffer) else {
                    // Its channel can read into it again, once the payloads are used.
                    if buffer.readableBytes == 0 { buffer = ByteBuffer() }
                    return .incomplete
                }
                guard header.length <= Self.largestFrame else {
                    throw HTTP2Fault(.frameSizeError, "a frame is longer than SETTINGS_MAX_FRAME_SIZE")
                }
                guard buffer.readableBytes >= HTTP2FrameHeader.size + header.length else { return .incomplete }
                buffer.moveReaderIndex(forwardBy: HTTP2FrameHeader.size)
                let payload = buffer.readSlice(length: header.length) ?? ByteBuffer()
                if let event = try read(header, payload) { return event }
            } catch {
                return fail(error)
            }
        }
        return .incomplete
    }

    private mutating func fail(_ fault: HTTP2Fault) -> Event {
        goAway(fault.code, isFinal: true)
        isOver = true
        return .fault(fault)
    }

    /// - Returns: true once the peer's preface has been read over.
    private mutating func readPreface() throws(HTTP2Fault) -> Bool {
        guard awaitsPreface else { return true }
        let count = min(buffer.readableBytes, Self.preface.count)
        guard buffer.readableBytesView.prefix(count).elementsEqual(Self.preface.prefix(count)) else {
            throw HTTP2Fault(.protocolError, "the connection does not begin with the preface of HTTP/2")
        }
        guard count == Self.preface.count else { return false }
        buffer.moveReaderIndex(forwardBy: count)
        awaitsPreface = false
        return true
    }

    private mutating func read(_ header: HTTP2FrameHeader, _ payload: ByteBuffer) throws(HTTP2Fault) -> Event? {
        if !hasPeerSettings, header.kind != .settings || header.has(HTTP2FrameHeader.Flags.acknowledgement) {
            throw HTTP2Fault(.protocolError, "the first frame is not SETTINGS")
        }
        if let fragments, header.kind != .continuation || header.stream != fragments.stream {
            throw HTTP2Fault(.protocolError, "a header block is interrupted by another frame")
        }
        switch header.kind {
        case .data: return try readData(header, payload)
        case .headers: return try readHeaders(header, payload)
        case .priority: return try readPriority(header)
        case .resetStream: return try readReset(header, payload)
        case .settings: return try readSettings(header, payload)
        case .pushPromise: throw HTTP2Fault(.protocolError, "PUSH_PROMISE is not allowed here")
        case .ping: return try readPing(header, payload)
        case .goAway: return try readGoAway(header, payload)
        case .windowUpdate: return try readWindowUpdate(header, payload)
        case .continuation: return try readContinuation(header, payload)
        case nil:
            try spend(1, "too many frames of kinds that are not known")
            return nil
        }
    }

    private mutating func spend(_ cost: Int64, _ reason: String) throws(HTTP2Fault) {
        guard budget.spend(cost, at: now) else { throw HTTP2Fault(.enhanceYourCalm, reason) }
    }

    /// True for a stream that nobody has opened.
    private func isIdle(_ stream: UInt32) -> Bool {
        stream.isMultiple(of: 2) || stream > max(lastStream, lastIgnored)
    }

    /// Ends a stream for what the peer did (RFC 9113 §5.4.2).
    private mutating func failStream(_ stream: UInt32, _ code: HTTP2ErrorCode) throws(HTTP2Fault) -> Event? {
        try spend(10, "too many streams with errors")
        let wasOpen = streams[stream] != nil
        if wasOpen {
            remove(stream, wasReset: true)
        } else if closed.wasReset(stream) == nil {
            closed.insert(stream, wasReset: true)
        }
        writeReset(stream, code)
        return wasOpen ? .streamFault(stream, code) : nil
    }

    // MARK: DATA (RFC 9113 §6.1)

    private mutating func readData(_ header: HTTP2FrameHeader, _ payload: ByteBuffer) throws(HTTP2Fault) -> Event? {
        guard header.stream != 0 else { throw HTTP2Fault(.protocolError, "DATA on stream 0") }
        guard !isIdle(header.stream) else { throw HTTP2Fault(.protocolError, "DATA on a stream that is not open") }
        let body = try unpadded(header, payload)
        receiveWindow -= header.length
        guard receiveWindow >= 0 else {
            throw HTTP2Fault(.flowControlError, "more DATA than the connection's window allows")
        }
        guard var state = streams[header.stream] else {
            creditConnection(header.length)
            // Frames may cross a reset of this side; those after an end of the peer's own may not.
            if closed.wasReset(header.stream) == true || header.stream > lastStream {
                try spend(1, "too much DATA on streams that were reset")
                return nil
            }
            return try failStream(header.stream, .streamClosed)
        }
        guard state.isRemoteOpen else {
            creditConnection(header.length)
            return try failStream(header.stream, .streamClosed)
        }
        guard state.hasHead else {
            creditConnection(header.length)
            return try failStream(header.stream, .protocolError)
        }
        state.receiveWindow -= header.length
        guard state.receiveWindow >= 0 else {
            creditConnection(header.length)
            return try failStream(header.stream, .flowControlError)
        }
        let endsStream = header.has(HTTP2FrameHeader.Flags.endStream)
        if body.readableBytes == 0, !endsStream {
            try spend(4, "too many empty DATA frames")
        }
        state.unconsumed += body.readableBytes
        // Padding is nobody's to consume.
        creditConnection(header.length - body.readableBytes)
        state.uncredited += header.length - body.readableBytes
        streams[header.stream] = state
        if endsStream {
            endRemote(header.stream)
        } else {
            creditStream(header.stream)
        }
        return .data(header.stream, body, endsStream: endsStream)
    }

    /// The payload without its padding.
    private func unpadded(_ header: HTTP2FrameHeader, _ payload: ByteBuffer) throws(HTTP2Fault) -> ByteBuffer {
        guard header.has(HTTP2FrameHeader.Flags.padded) else { return payload }
        var payload = payload
        guard let padding = payload.readInteger(as: UInt8.self) else {
            throw HTTP2Fault(.frameSizeError, "a padded frame is empty")
        }
        guard let body = payload.readSlice(length: payload.readableBytes - Int(padding)) else {
            throw HTTP2Fault(.protocolError, "the padding is longer than its frame")
        }
        return body
    }

    // MARK: HEADERS and CONTINUATION (RFC 9113 §6.2, §6.10)

    private mutating func readHeaders(_ header: HTTP2FrameHeader, _ payload: ByteBuffer) throws(HTTP2Fault) -> Event? {
        guard !header.stream.isMultiple(of: 2) else {
            throw HTTP2Fault(.protocolError, "HEADERS on a stream that a client does not open")
        }
        var block = try unpadded(header, payload)
        if header.has(HTTP2FrameHeader.Flags.priority) {
            guard header.length >= (header.has(HTTP2FrameHeader.Flags.padded) ? 6 : 5) else {
                throw HTTP2Fault(.frameSizeError, "HEADERS is shorter than its priority")
            }
            guard block.readSlice(length: 5) != nil else {
                throw HTTP2Fault(.protocolError, "the padding is longer than its frame")
            }
        }
        let endsStream = header.has(HTTP2FrameHeader.Flags.endStream)
        guard header.has(HTTP2FrameHeader.Flags.endHeaders) else {
            fragments = HTTP2Fragments(stream: header.stream, endsStream: endsStream, block: block)
            return nil
        }
        return try readBlock(block, of: header.stream, endsStream: endsStream)
    }

    private mutating func readContinuation(
        _ header: HTTP2FrameHeader,
        _ payload: ByteBuffer
    ) throws(HTTP2Fault) -> Event? {
        guard var fragments else { throw HTTP2Fault(.protocolError, "CONTINUATION without HEADERS") }
        fragments.frames += 1
        fragments.block.writeImmutableBuffer(payload)
        guard fragments.frames <= Self.mostContinuations,
            fragments.block.readableBytes <= 4 * limits.message.head.bytes
        else { throw HTTP2Fault(.enhanceYourCalm, "a header block never ends") }
        guard header.has(HTTP2FrameHeader.Flags.endHeaders) else {
            self.fragments = fragments
            return nil
        }
        self.fragments = nil
        return try readBlock(fragments.block, of: fragments.stream, endsStream: fragments.endsStream)
    }

    private mutating func readBlock(
        _ block: ByteBuffer,
        of stream: UInt32,
        endsStream: Bool
    ) throws(HTTP2Fault) -> Event? {
        headers.reset()
        // Also where the stream is not wanted: the tables of both sides must stay the same.
        if let fault = block.withUnsafeReadableBytes({ decoder.decode($0, into: &headers) }) {
            throw HTTP2Fault(.compressionError, fault.detail)
        }
        if streams[stream] != nil {
            return try readKnown(stream, endsStream: endsStream)
        }
        if stream <= lastStream || role == .client {
            switch closed.wasReset(stream) {
            case true?:
                try spend(1, "too many HEADERS on streams that were reset")
                return nil
            case false?: throw HTTP2Fault(.streamClosed, "HEADERS on a closed stream")
            case nil:
                // A client may have forgotten a stream that it reset long ago.
                guard role == .client, !isIdle(stream) else {
                    throw HTTP2Fault(.protocolError, "HEADERS on a stream that is not open")
                }
                return nil
            }
        }
        return try open(stream, endsStream: endsStream)
    }

    /// A request of a client.
    private mutating func open(_ stream: UInt32, endsStream: Bool) throws(HTTP2Fault) -> Event? {
        if let lastAccepted, stream > lastAccepted {
            lastIgnored = max(lastIgnored, stream)
            try spend(1, "too many requests after GOAWAY")
            return nil
        }
        lastStream = stream
        guard streams.count < limits.concurrentStreams else {
            _ = try failStream(stream, .refusedStream)
            return .refused(stream, reason: "more streams than may be open at the same time")
        }
        if let reason = headers.malformed {
            _ = try failStream(stream, .protocolError)
            return .refused(stream, reason: reason)
        }
        var state = newStream()
        state.hasHead = true
        state.isRemoteOpen = !endsStream
        streams[stream] = state
        return .headers(stream, endsStream: endsStream)
    }

    /// Trailers, or the answer to a request of this side.
    private mutating func readKnown(_ stream: UInt32, endsStream: Bool) throws(HTTP2Fault) -> Event? {
        guard var state = streams[stream], state.isRemoteOpen else {
            return try failStream(stream, .streamClosed)
        }
        guard headers.malformed == nil else {
            return try failStream(stream, .protocolError)
        }
        if state.hasHead {
            guard endsStream, headers.isWithoutPseudoFields else { return try failStream(stream, .protocolError) }
        } else {
            let isInformational = headers.isInformational
            guard headers.isResponse, !(isInformational && endsStream) else {
                return try failStream(stream, .protocolError)
            }
            state.hasHead = !isInformational
            streams[stream] = state
        }
        if endsStream { endRemote(stream) }
        return .headers(stream, endsStream: endsStream)
    }

    // MARK: PRIORITY (RFC 9113 §6.3) and RST_STREAM (§6.4)

    private mutating func readPriority(_ header: HTTP2FrameHeader) throws(HTTP2Fault) -> Event? {
        guard header.stream != 0 else { throw HTTP2Fault(.protocolError, "PRIORITY on stream 0") }
        guard header.length == 5 else { throw HTTP2Fault(.frameSizeError, "PRIORITY is not five bytes long") }
        try spend(2, "too many PRIORITY frames")
        return nil
    }

    private mutating func readReset(_ header: HTTP2FrameHeader, _ payload: ByteBuffer) throws(HTTP2Fault) -> Event? {
        guard header.stream != 0 else { throw HTTP2Fault(.protocolError, "RST_STREAM on stream 0") }
        guard let code = payload.getInteger(at: payload.readerIndex, as: UInt32.self), header.length == 4 else {
            throw HTTP2Fault(.frameSizeError, "RST_STREAM is not four bytes long")
        }
        guard !isIdle(header.stream) else {
            throw HTTP2Fault(.protocolError, "RST_STREAM on a stream that is not open")
        }
        guard streams[header.stream] != nil else {
            try spend(1, "too many resets of closed streams")
            return nil
        }
        try spend(10, "too many streams are reset")
        remove(header.stream, wasReset: false)
        return .reset(header.stream, HTTP2ErrorCode(rawValue: code))
    }

    // MARK: SETTINGS (RFC 9113 §6.5), PING (§6.7), GOAWAY (§6.8)

    private mutating func readSettings(_ header: HTTP2FrameHeader, _ payload: ByteBuffer) throws(HTTP2Fault) -> Event? {
        guard header.stream == 0 else { throw HTTP2Fault(.protocolError, "SETTINGS on a stream") }
        if header.has(HTTP2FrameHeader.Flags.acknowledgement) {
            guard header.length == 0 else { throw HTTP2Fault(.frameSizeError, "an acknowledgement is not empty") }
            try spend(10, "too many SETTINGS acknowledgements")
            return nil
        }
        guard header.length.isMultiple(of: 6) else {
            throw HTTP2Fault(.frameSizeError, "the length of SETTINGS is not a multiple of six")
        }
        try spend(10 + Int64(header.length / 6), "too many SETTINGS frames")
        hasPeerSettings = true
        let before = peer.initialWindowSize
        try peer.apply(payload)
        guard role == .server || !peer.isPushEnabled else {
            throw HTTP2Fault(.protocolError, "a server sets SETTINGS_ENABLE_PUSH to 1")
        }
        let difference = peer.initialWindowSize - before
        if difference != 0 {
            for stream in streams.keys {
                streams[stream]?.sendWindow += difference
                guard (streams[stream]?.sendWindow ?? 0) <= HTTP2Settings.largestWindow else {
                    throw HTTP2Fault(.flowControlError, "SETTINGS_INITIAL_WINDOW_SIZE makes a window overflow")
                }
            }
        }
        HTTP2FrameHeader(.settings, length: 0, flags: HTTP2FrameHeader.Flags.acknowledgement, stream: 0)
            .write(into: &output)
        return .settings
    }

    private mutating func readPing(_ header: HTTP2FrameHeader, _ payload: ByteBuffer) throws(HTTP2Fault) -> Event? {
        guard header.stream == 0 else { throw HTTP2Fault(.protocolError, "PING on a stream") }
        guard header.length == 8 else { throw HTTP2Fault(.frameSizeError, "PING is not eight bytes long") }
        // Many clients of gRPC measure the connection with a PING for what they receive.
        if hasSentSincePing {
            hasSentSincePing = false
        } else {
            try spend(10, "too many PING frames")
        }
        guard !header.has(HTTP2FrameHeader.Flags.acknowledgement) else { return nil }
        HTTP2FrameHeader(.ping, length: 8, flags: HTTP2FrameHeader.Flags.acknowledgement, stream: 0)
            .write(into: &output)
        output.writeImmutableBuffer(payload)
        return nil
    }

    private mutating func readGoAway(_ header: HTTP2FrameHeader, _ payload: ByteBuffer) throws(HTTP2Fault) -> Event? {
        guard header.stream == 0 else { throw HTTP2Fault(.protocolError, "GOAWAY on a stream") }
        guard
            let (last, code) = payload.getMultipleIntegers(at: payload.readerIndex, as: (UInt32, UInt32).self)
        else { throw HTTP2Fault(.frameSizeError, "GOAWAY is shorter than eight bytes") }
        try spend(10, "too many GOAWAY frames")
        isPeerGoingAway = true
        return .goAway(lastStream: last & 0x7FFF_FFFF, HTTP2ErrorCode(rawValue: code))
    }

    // MARK: WINDOW_UPDATE (RFC 9113 §6.9)

    private mutating func readWindowUpdate(
        _ header: HTTP2FrameHeader,
        _ payload: ByteBuffer
    ) throws(HTTP2Fault) -> Event? {
        guard let increment = payload.getInteger(at: payload.readerIndex, as: UInt32.self), header.length == 4 else {
            throw HTTP2Fault(.frameSizeError, "WINDOW_UPDATE is not four bytes long")
        }
        try spend(1, "too many WINDOW_UPDATE frames")
        let count = Int(increment & 0x7FFF_FFFF)
        guard header.stream != 0 else {
            guard count > 0 else { throw HTTP2Fault(.protocolError, "WINDOW_UPDATE of nothing") }
            sendWindow += count
            guard sendWindow <= HTTP2Settings.largestWindow else {
                throw HTTP2Fault(.flowControlError, "the connection's window is above 2^31-1")
            }
            return .windowOpened(0)
        }
        guard !isIdle(header.stream) else {
            throw HTTP2Fault(.protocolError, "WINDOW_UPDATE on a stream that is not open")
        }
        guard var state = streams[header.stream] else { return nil }
        guard count > 0 else { return try failStream(header.stream, .protocolError) }
        state.sendWindow += count
        guard state.sendWindow <= HTTP2Settings.largestWindow else {
            return try failStream(header.stream, .flowControlError)
        }
        streams[header.stream] = state
        return .windowOpened(header.stream)
    }
}

extension HeaderBlock {
    /// As trailers must be (RFC 9113 §8.1).
    var isWithoutPseudoFields: Bool {
        method == nil && scheme == nil && authority == nil && path == nil && status == nil && self.protocol == nil
    }

    /// As the head of a response must be (RFC 9113 §8.3.2).
    var isResponse: Bool {
        statusCode != nil && method == nil && scheme == nil && authority == nil && path == nil && self.protocol == nil
    }

    /// 100...999.
    var statusCode: Int? {
        guard let status, status.count == 3 else { return nil }
        var code = 0
        for byte in slice(status).readableBytesView {
            guard (0x30...0x39).contains(byte) else { return nil }
            code = 10 * code + Int(byte - 0x30)
        }
        return code >= 100 ? code : nil
    }

    var isInformational: Bool { statusCode.map { $0 < 200 } ?? false }
}
