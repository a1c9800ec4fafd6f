internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

extension Worker {
    /// - Parameter stage: the one that replied or forwarded.
    func record(_ exchange: Exchange, _ trace: ExchangeTrace, decidedBy stage: (any Stage)?, as outcome: Outcome) {
        guard let accessLog, accessLog.wants(exchange.id, outcome) else { return }
        let entry = AccessLogEntry(
            time: time.now(),
            id: exchange.id,
            client: exchange.client.address,
            request: exchange.request,
            route: exchange.route.name,
            stage: stage?.word,
            upstream: trace.upstream?.name,
            shadow: exchange.shadowRefusals.first.map { "\($0.word) \($0.status.code)" },
            outcome: outcome,
            reason: trace.reason,
            timing: trace.timing(until: .now())
        )
        accessLog.record(entry, reusing: &accessLogLine)
    }

    /// What was answered at once, without an exchange: what could not be read, and what no route matches.
    ///
    /// - Parameter request: `nil` when none could be read.
    func recordRefusal(
        _ id: ExchangeID,
        of request: RequestHead?,
        from peer: Peer,
        _ head: ResponseHead,
        _ body: Reply.Body
    ) {
        guard let accessLog else { return }
        var sent = 0
        if case .bytes(let bytes) = body, request?.method != .head { sent = bytes.readableBytes }
        let outcome = Outcome(end: .replied, status: head.status, requestBytes: 0, responseBytes: UInt64(sent))
        record(id, of: request, from: peer, as: outcome, to: accessLog)
    }

    /// What got no answer but the reset of its stream.
    ///
    /// - Parameter request: as much as could be read; `nil`: nothing.
    func recordReset(of request: RequestHead?, from peer: Peer, because reason: String) {
        guard let accessLog else { return }
        let outcome = Outcome(end: .clientLeft, status: nil, requestBytes: 0, responseBytes: 0)
        record(nextExchangeID(), of: request, from: peer, as: outcome, because: reason, to: accessLog)
    }

    private func record(
        _ id: ExchangeID,
        of request: RequestHead?,
        from peer: Peer,
        as outcome: Outcome,
        because reason: String? = nil,
        to accessLog: AccessLog
    ) {
        guard accessLog.wants(id, outcome) else { return }
        let entry = AccessLogEntry(
            time: time.now(),
            id: id,
            client: peer.client(of: request ?? .unreadable).address,
            request: request,
            route: nil,
            stage: nil,
            upstream: nil,
            outcome: outcome,
            reason: reason,
            timing: AccessLogEntry.Timing(total: .zero)
        )
        accessLog.record(entry, reusing: &accessLogLine)
    }
}
