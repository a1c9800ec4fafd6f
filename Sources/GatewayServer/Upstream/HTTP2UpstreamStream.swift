internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// One request to an HTTP/2 upstream and its response. Used again for a later request of the same connection.
final class HTTP2UpstreamStream: UpstreamExchange {
    private let connection: HTTP2UpstreamConnection
    private var runner: ExchangeRunner?
    private var id: UInt32 = 0
    private var method = HTTPRequest.Method.get
    private(set) var hasResponded = false
    /// Something came of an answer.
    private(set) var hasReceived = false
    /// Stands in the connection's list of streams that something came for.
    var isTouched = false

    // The request
    private var queue = HTTP2SendQueue()
    /// Sends the head, once the upstream's settings are there.
    private var unsent: (() -> Void)?
    /// The client's, for a WebSocket; empty for a client that needs none.
    private var webSocketKey: String?

    // The response
    private var held = CircularBuffer<ByteBuffer>()
    private var end: Fields?
    private var remainder: UInt64?

    init(connection: HTTP2UpstreamConnection) {
        self.connection = connection
    }

    private var wire: HTTP2Wire { connection.wire }
    var endpoint: PooledEndpoint { connection.endpoint }
    var upstream: Upstream { connection.endpoint.upstream }
    var isWritable: Bool { runner != nil && queue.hasRoom && wire.isWritable }

    /// True when nobody waits for the rest of its response.
    var isOver: Bool { runner == nil }

    func open(_ id: UInt32, for runner: ExchangeRunner) {
        self.id = id
        self.runner = runner
        hasResponded = false
        hasReceived = false
        queue.reset()
        unsent = nil
        webSocketKey = nil
        held.removeAll()
        end = nil
        remainder = nil
    }

    // MARK: The request

    func sendHead(_ request: RequestHead, edits: RequestEdits, client: ForwardedClient, passesExpectation: Bool) {
        method = request.method
        if request.opensWebSocket {
            guard connection.hasSettings else {
                // Whether it knows extended CONNECT stands in the settings that are still to come (RFC 8441 §3).
                unsent = { [weak self] in
                    self?.sendHead(request, edits: edits, client: client, passesExpectation: passesExpectation)
                    self?.wire.flush()
                }
                return
            }
            guard connection.allowsConnectProtocol else { return failUnsent() }
            webSocketKey = request.fields[FieldName(.secWebSocketKey)] ?? ""
        }
        let endsStream = request.body == .none && !request.opensWebSocket
        queue.begin(endsStream: endsStream)
        let upstream = upstream
        wire.writeHeaders(id, endsStream: endsStream) { block in
            RequestWriter(
                request: request,
                edits: edits,
                upstream: upstream,
                client: client,
                passesExpectation: passesExpectation
            ).writeBlock(into: &block)
        }
    }

    func sendPart(_ part: ByteBuffer) {
        if runner != nil { queue.append(part) }
    }

    func sendEnd(trailers: Fields) {
        queue.end(trailers: trailers)
    }

    func flush() {
        send()
        wire.flush()
    }

    private func send() {
        guard runner != nil else { return }
        while let frame = queue.next(within: wire.sendable(id)) {
            wire.write(frame, of: id)
        }
        if !queue.isEmpty { wire.starve(id) }
    }

    func windowOpened() {
        send()
        wire.flush()
        becameWritable()
    }

    func becameWritable() {
        guard isWritable else { return }
        runner?.upstreamBecameWritable()
    }

    func settingsArrived() {
        let send = unsent
        unsent = nil
        send?()
    }

    /// The upstream does not open WebSockets over HTTP/2.
    private func failUnsent() {
        wire.reset(id, .cancel)
        failed(.malformed, .never)
        connection.forget(id)
    }

    /// The exchange is over before this response is.
    func abandon() {
        guard runner != nil else { return }
        runner = nil
        queue.discard()
        held.removeAll()
        unsent = nil
        wire.reset(id, .cancel)
        connection.forget(id)
    }

    // MARK: The response

    /// A head, or trailers.
    ///
    /// - Parameter status: `nil` for trailers, and for a head that is too large.
    func received(_ fields: Fields, status code: Int?, endsStream: Bool) {
        guard let runner else { return }
        hasReceived = true
        if hasResponded {
            guard remainder ?? 0 == 0 else { return fail(.malformed) }
            end = fields
            deliver()
            return
        }
        guard let code, code != 101 else { return fail(.malformed) }
        let status = HTTPResponse.Status(integerLiteral: code)
        let head = ResponseHead(status: status, fields: fields)
        guard status.code >= 200 else {
            runner.upstreamInformational(head)
            return
        }
        guard let framing = try? MessageFraming(of: head.fields) else { return fail(.malformed) }
        hasResponded = true
        if let webSocketKey, (200..<300).contains(status.code), !endsStream {
            openTunnel(head, key: webSocketKey, to: runner)
            return
        }
        let body: ResponseBody
        if method == .head || status.code == 204 || status.code == 304 {
            body = .none(declared: status.code == 204 ? nil : framing.length)
            remainder = 0
        } else if endsStream {
            guard framing.length ?? 0 == 0 else { return fail(.malformed) }
            body = .length(0)
        } else {
            body = framing.length.map { .length($0) } ?? .unknownLength
            remainder = framing.length
        }
        runner.upstreamHead(head, body: body)
        if endsStream {
            end = Fields()
            deliver()
        }
    }

    /// Inside the gateway an open WebSocket is a 101, whatever it came over.
    private func openTunnel(_ head: ResponseHead, key: String, to runner: ExchangeRunner) {
        var head = head
        head.status = 101
        if !key.isEmpty {
            head.fields.set(FieldName(.secWebSocketAccept), WebSocketKey.acceptance(of: key))
        }
        runner.upstreamHead(head, body: .tunnel)
    }

    func received(_ part: ByteBuffer, endsStream: Bool) {
        guard runner != nil else {
            wire.consumed(part.readableBytes, of: id)
            return
        }
        let count = UInt64(part.readableBytes)
        if let remainder {
            guard count <= remainder, !endsStream || count == remainder else { return fail(.malformed) }
            self.remainder = remainder - count
        }
        if part.readableBytes > 0 { held.append(part) }
        if endsStream { end = Fields() }
        deliver()
    }

    /// Hands on what the client takes.
    private func deliver() {
        while let runner, runner.takesResponse, let part = held.popFirst() {
            wire.consumed(part.readableBytes, of: id)
            runner.upstreamPart(part)
        }
        guard held.isEmpty, let end, let runner else { return }
        self.runner = nil
        if !queue.isEndSent {
            // The response did not wait for the rest of the request.
            wire.reset(id, .noError)
        }
        connection.forget(id)
        runner.upstreamEnded(trailers: end)
    }

    /// A flush may make the client writable at once, without an event that says so.
    func resumeReading() {
        repeat {
            deliver()
            runner?.upstreamReadComplete()
        } while !held.isEmpty && runner?.takesResponse == true
    }

    private func fail(_ failure: UpstreamFailure) {
        wire.reset(id, .protocolError)
        failed(failure, .never)
        connection.forget(id)
    }

    /// - Parameter isCounted: the endpoint's health knows of it already.
    func failed(_ failure: UpstreamFailure, _ repeatability: Repeatability, isCounted: Bool = false) {
        // All of the response is here: what the client has not taken yet does not need the stream.
        guard let runner, end == nil else { return }
        self.runner = nil
        held.removeAll()
        queue.discard()
        runner.upstreamFailed(failure, repeatability, isCounted: isCounted)
    }
}
