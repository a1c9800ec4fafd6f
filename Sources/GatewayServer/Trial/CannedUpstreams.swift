internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Stands where the connections to upstreams are otherwise: whatever is sent is written down at the front of its exchange,
/// and answered as that one says. Belongs to one event loop.
final class CannedUpstreams {
    /// Of policies that are long gone, too: more are not kept.
    private static let most = 1_024

    private var pooled: [ObjectIdentifier: PooledUpstream] = [:]

    deinit {
        dissolve()
    }

    private func dissolve() {
        for upstream in pooled.values {
            upstream.dissolve()
        }
        pooled = [:]
    }

    func acquire(_ upstream: Upstream, for runner: ExchangeRunner) -> UpstreamPool.Acquisition {
        guard let front = runner.front as? TrialFront else { return .refused(.unreachable) }
        if case .failure(let failure) = front.response, [.unreachable, .busy].contains(failure) {
            return .refused(failure)
        }
        if pooled.count >= Self.most { dissolve() }
        let owner = pooled[ObjectIdentifier(upstream)] ?? PooledUpstream(upstream, at: runner.worker.now)
        pooled[ObjectIdentifier(upstream)] = owner
        let endpoint = PooledEndpoint(0, of: owner, seed: 0)
        return .connection(CannedExchange(upstream, endpoint, for: runner, by: front))
    }
}

/// One request to an upstream that is not there.
private final class CannedExchange: UpstreamExchange {
    let upstream: Upstream
    let endpoint: PooledEndpoint
    private(set) var hasResponded = false
    private var runner: ExchangeRunner?
    private let front: TrialFront
    private var body = ByteBuffer()

    init(_ upstream: Upstream, _ endpoint: PooledEndpoint, for runner: ExchangeRunner, by front: TrialFront) {
        self.upstream = upstream
        self.endpoint = endpoint
        self.runner = runner
        self.front = front
    }

    var isWritable: Bool { true }
    func flush() {}
    func resumeReading() {}

    func abandon() {
        runner = nil
    }

    func sendHead(_ request: RequestHead, edits: RequestEdits, client: ForwardedClient, passesExpectation: Bool) {
        let writer = RequestWriter(
            request: request,
            edits: edits,
            upstream: upstream,
            client: client,
            passesExpectation: passesExpectation
        )
        var wire = ByteBuffer()
        writer.write(into: &wire)
        // What is told of it is what was written.
        var parser = RequestParser(scheme: upstream.tls == nil ? "http" : "https", limits: MessageLimits())
        parser.feed(wire)
        guard case .request(let written) = parser.nextHead() else { return }
        front.forwarded = TrialOutcome.Forwarded(upstream: upstream.name, request: written)
        // What would come after the handshake is none of the gateway's business.
        if request.opensWebSocket { sendEnd(trailers: Fields()) }
    }

    func sendPart(_ part: ByteBuffer) {
        body.writeImmutableBuffer(part)
    }

    func sendEnd(trailers: Fields) {
        front.forwarded?.body = body
        guard let eventLoop = runner?.worker.eventLoop else { return }
        // Not at once: a response never comes while its request is being sent.
        eventLoop.assumeIsolated().execute { self.respond() }
    }

    private func respond() {
        guard let runner else { return }
        switch front.response {
        case .failure(let failure):
            self.runner = nil
            runner.upstreamFailed(failure, .never)
        case .answer(let head, let body):
            hasResponded = true
            let length = UInt64(body.readableBytes)
            let isBodyless = runner.exchange?.request.method == .head || [204, 304].contains(head.status.code)
            runner.upstreamHead(head, body: isBodyless ? .none(declared: length) : .length(length))
            if !isBodyless, length > 0 { self.runner?.upstreamPart(body) }
            guard let runner = self.runner else { return }
            self.runner = nil
            runner.upstreamEnded(trailers: Fields())
        }
    }
}
