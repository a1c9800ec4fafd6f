internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

// Answers without an exchange.
extension HTTP1Connection {
    /// Answers what no route saw: a message that cannot be read, or a request that nothing matches.
    func refuse(_ reply: Reply, to request: RequestHead? = nil) {
        phase = .exchange
        if request == nil {
            // Nothing is known of a message that cannot be read, but that this was it.
            isRequestEnded = false
            closesAfterResponse = true
            version = .http1_1
        }
        let known = request ?? RequestHead.unreadable
        let id = worker.nextExchangeID()
        let (head, body) = reply.rendered(for: known, id: id)
        worker.recordRefusal(id, of: request, from: peer, head, body)
        guard case .bytes(let bytes) = body, known.method != .head else {
            sendHead(
                head,
                body: known.method == .head ? .none(declared: nil) : .length(0),
                closes: reply.closesConnection
            )
            finishResponse()
            return
        }
        sendHead(head, body: .length(UInt64(bytes.readableBytes)), closes: reply.closesConnection)
        sendPart(bytes)
        finishResponse()
    }

    private func finishResponse() {
        sendEnd(trailers: Fields())
        flush()
        exchangeEnded()
    }
}
