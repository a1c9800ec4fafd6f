internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Stands in a trial where the connections to upstreams are otherwise: whatever is sent is written down, and answered as
/// the trial says. Belongs to the trial's event loop.
final class CannedUpstreams {
    private var pooled: [ObjectIdentifier: PooledUpstream] = [:]
    var response = TrialResponse.ok
    /// The last request that came.
    var forwarded: TrialOutcome.Forwarded?

    deinit {
        for upstream in pooled.values {
            upstream.dissolve()
        }
    }

    func acquire(_ upstream: Upstream, for runner: ExchangeRunner) -> UpstreamPool.Acquisition {
        if case .failure(let failure) = response, [.unreachable, .busy].contains(failure) { return .refused(failure) }
        let owner = pooled[ObjectIdentifier(upstream)] ?? PooledUpstream(upstream, at: runner.worker.now)
        pooled[ObjectIdentifier(upstream)] = owner
        let endpoint = PooledEndpoint(0, of: owner, seed: 0)
        return .connection(CannedExchange(upstream, endpoint, for: runner, by: self))
    }
}

/// One request to an upstream that is not there.
private final class CannedExchange: UpstreamExchange {
    let upstream: Upstream
    let endpoint: PooledEndpoint
    private(set) var hasResponded = false
    private var runner: ExchangeRunner?
    private let source: CannedUpstreams
    private var body = ByteBuffer()

    init(_ upstream: Upstream, _ endpoint: PooledEndpoint, for runner: ExchangeRunner, by source: CannedUpstreams) {
        self.upstream = upstream
        self.endpoint = endpoint
        self.runner = runner
        self.source = source
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
        source.forwarded = TrialOutcome.Forwarded(upstream: upstream.name, request: written)
        // What would come after the handshake is none of the gateway's business.
        if request.opensWebSocket { sendEnd(trailers: Fields()) }
    }

    func sendPart(_ part: ByteBuffer) {
        body.writeImmutableBuffer(part)
    }

    func sendEnd(trailers: Fields) {
        source.forwarded?.body = body
        guard let eventLoop = runner?.worker.eventLoop else { return }
        // Not at once: a response never comes while its request is being sent.
        eventLoop.assumeIsolated().execute { self.respond() }
    }

    private func respond() {
        guard let runner else { return }
        switch source.response {
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
