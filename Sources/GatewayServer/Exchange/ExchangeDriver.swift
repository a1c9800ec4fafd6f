package import GatewayKit
package import HTTPTypes

/// Decides what happens next in one exchange: events in, actions out. Knows no socket, no clock and no event loop.
///
/// Its one promise: after `start`, exactly one action in all ends the exchange (`finish` or `abort`), and with it every
/// stage that admitted the request is settled once, however the events are ordered.
package struct ExchangeDriver {
    package enum Action {
        /// Ask this stage; answer with `stageDecided` or `stageFailed`.
        case admit(Int)
        /// Adjust by the stages that admitted, and send; answer with `responseWritten`. Boxed, so that the others are small.
        indirect case reply(Reply)
        /// Get a connection; answer with `connected` or `upstreamFailed`.
        case connect(Upstream)
        /// Send the request's head and let its body flow.
        case sendRequest
        /// Adjust by the stages that admitted, and send; body and end follow.
        case sendResponse
        /// Nothing to do until the next event.
        case wait
        /// Settle the stages that admitted; the client's connection may go on.
        case finish(Outcome)
        /// The same, and the client's connection is closed: what it got is not a whole response.
        case abort(Outcome)
    }

    private enum Phase {
        case ready
        case admitting(Int)
        case connecting(Upstream)
        case awaitingResponse(Upstream)
        case responding
        case replying
        /// The client or the server ended it while this stage was still deciding.
        case abandoned(Outcome.End, at: Int)
        case done
    }

    /// A stage that has decided may have added some behind itself.
    package var stageCount: Int
    private var phase = Phase.ready
    /// How many stages admitted: stages `0 ..< admitted` are adjusted by and settled.
    package private(set) var admitted = 0
    /// The stage that replied, failed or forwarded.
    package private(set) var decider: Int?
    package private(set) var status: HTTPResponse.Status?
    package var requestBytes: UInt64 = 0
    package var responseBytes: UInt64 = 0
    private var retries = 0
    /// Why the upstream gives no whole response.
    package private(set) var failure: UpstreamFailure?

    package init(stageCount: Int) {
        self.stageCount = stageCount
    }

    package var isDone: Bool {
        if case .done = phase { return true }
        return false
    }

    /// True from the decision to forward until the response is whole.
    package var isForwarding: Bool {
        switch phase {
        case .connecting, .awaitingResponse, .responding: true
        default: false
        }
    }

    /// True while the request's body has somewhere to go.
    package var passesRequestBody: Bool {
        switch phase {
        case .awaitingResponse, .responding: true
        default: false
        }
    }

    // MARK: Stages

    package mutating func start() -> Action {
        admitNext(0)
    }

    /// Instead of `start`, for a request that no stage needs to see.
    package mutating func refuse(with reply: Reply) -> Action {
        guard case .ready = phase else { return .wait }
        return self.reply(reply)
    }

    /// - Parameter refusal: the answer in place of forwarding, where the request may not be, whatever the stages say.
    package mutating func stageDecided(_ decision: Decision, refusal: Reply?) -> Action {
        switch phase {
        case .admitting(let index):
            switch decision {
            case .next:
                admitted = index + 1
                return admitNext(index + 1)
            case .reply(let reply):
                decider = index
                return self.reply(reply)
            case .forward(let upstream):
                decider = index
                admitted = index + 1
                if let refusal { return self.reply(refusal) }
                phase = .connecting(upstream)
                return .connect(upstream)
            }
        case .abandoned(let end, let index):
            if case .reply = decision {} else { admitted = index + 1 }
            return close(end)
        default:
            return .wait
        }
    }

    package mutating func stageFailed(with reply: Reply) -> Action {
        switch phase {
        case .admitting(let index):
            decider = index
            return self.reply(reply)
        case .abandoned(let end, _): return close(end)
        default: return .wait
        }
    }

    private mutating func admitNext(_ index: Int) -> Action {
        guard index < stageCount else {
            // The policy loader refuses such a pipeline; a route made by hand may be one.
            return reply(Reply(.internalServerError, detail: "the route ends without an answer"))
        }
        phase = .admitting(index)
        return .admit(index)
    }

    private mutating func reply(_ reply: Reply) -> Action {
        phase = .replying
        return .reply(reply)
    }

    // MARK: Upstream

    package mutating func connected() -> Action {
        guard case .connecting(let upstream) = phase else { return .wait }
        phase = .awaitingResponse(upstream)
        return .sendRequest
    }

    package mutating func upstreamResponded() -> Action {
        guard case .awaitingResponse = phase else { return .wait }
        phase = .responding
        return .sendResponse
    }

    /// The upstream's response is withheld, and the client gets this reply. Nothing of the response was sent.
    package mutating func responseWithheld(for reply: Reply) -> Action {
        switch phase {
        case .responding, .replying: self.reply(reply)
        default: .wait
        }
    }

    /// - Parameter mostRetries: how often the request may be sent again after such a failure, earlier times counted.
    package mutating func upstreamFailed(_ failure: UpstreamFailure, mostRetries: Int) -> Action {
        switch phase {
        case .awaitingResponse(let upstream) where retries < mostRetries:
            retries += 1
            phase = .connecting(upstream)
            return .connect(upstream)
        case .connecting, .awaitingResponse:
            self.failure = failure
            return reply(Reply(upstreamFailure: failure))
        case .responding:
            self.failure = failure
            return close(.upstreamFailed(failure))
        default:
            return .wait
        }
    }

    /// The response ended before the upstream's did, and its trailers said why.
    package mutating func endTold(_ end: Outcome.End) -> Action {
        guard case .responding = phase else { return .wait }
        return finish(end)
    }

    /// A filter ended the response where it is not whole.
    package mutating func filterCut() -> Action {
        guard case .responding = phase else { return .wait }
        return close(.cut)
    }

    // MARK: Client

    /// The head that was sent, after the stages adjusted it.
    package mutating func sent(_ status: HTTPResponse.Status) {
        self.status = status
    }

    /// The last byte of the response was handed to the connection.
    package mutating func responseWritten() -> Action {
        switch phase {
        case .responding: return finish(.answered)
        case .replying: return finish(failure.map { .upstreamFailed($0) } ?? .replied)
        default: return .wait
        }
    }

    package mutating func clientLeft() -> Action {
        end(.clientLeft)
    }

    /// The client's bytes cannot be read any further; before a response this is answered, after its start it is the end.
    package mutating func requestFailed(with reply: Reply) -> Action {
        switch phase {
        case .connecting, .awaitingResponse: self.reply(reply)
        default: end(.clientLeft)
        }
    }

    package mutating func drainExpired() -> Action {
        end(.drained)
    }

    private mutating func end(_ end: Outcome.End) -> Action {
        switch phase {
        case .ready, .done, .abandoned:
            return .wait
        case .admitting(let index):
            // The stage that is still deciding may yet admit, and must then be settled: wait for it.
            phase = .abandoned(end, at: index)
            return .wait
        case .connecting, .awaitingResponse, .responding, .replying:
            return close(end)
        }
    }

    private mutating func finish(_ end: Outcome.End) -> Action {
        phase = .done
        return .finish(outcome(end))
    }

    private mutating func close(_ end: Outcome.End) -> Action {
        phase = .done
        return .abort(outcome(end))
    }

    private func outcome(_ end: Outcome.End) -> Outcome {
        Outcome(end: end, status: status, requestBytes: requestBytes, responseBytes: responseBytes)
    }
}

extension Reply {
    /// What the client of a failed upstream is told.
    init(upstreamFailure failure: UpstreamFailure) {
        switch failure {
        case .unreachable: self.init(.badGateway, detail: "the service behind the gateway cannot be reached")
        case .closed: self.init(.badGateway, detail: "the service behind the gateway closed the connection")
        case .malformed: self.init(.badGateway, detail: "the service behind the gateway did not answer in HTTP")
        case .timeout: self.init(.gatewayTimeout, detail: "the service behind the gateway did not answer in time")
        case .busy:
            self.init(.serviceUnavailable, detail: "the service behind the gateway is busy")
            fields.set(.retryAfter, "1")
        }
    }
}
