internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

// Ends what stands still.
extension ExchangeRunner {
    /// Called several times a second: ends what stands still.
    func checkDeadlines(now: NIODeadline) {
        guard let exchange else { return }
        if let deadline = exchange.deadline, deadline <= now, driver.isForwarding {
            ticket?.cancel()
            ticket = nil
            // Before the failure: a client's own deadline says nothing about the endpoint.
            let hasResponded = upstream?.hasResponded == true && held == nil
            dropUpstream()
            if hasResponded, exchange.request.isGRPC {
                // 4: DEADLINE_EXCEEDED (gRPC, "Status codes").
                front.sendEnd(trailers: Fields([(.grpcStatus, "4"), (.grpcMessage, "deadline exceeded")]))
                front.flush()
                perform(driver.endTold(.upstreamFailed(.timeout)))
            } else {
                upstreamFailed(.timeout, .never)
            }
            return
        }
        if bodyIsTooSlow(exchange.request, at: now) {
            worker.countAbuse()
            requestFailed(with: MessageFault(.requestTimeout, "the request body comes too slowly"))
            return
        }
        let silence = now - lastActivity
        if holdsResponse {
            // The filter bounds its hold itself; a client that does not take what it was sent is another matter.
            if !front.isWritable, silence > TimeAmount(front.idleTimeout) { perform(driver.clientLeft()) }
            return
        }
        if let upstream, driver.passesRequestBody {
            if requestTrailers == nil, upstream.isWritable, !upstream.hasResponded, !front.awaitsContinue,
                !exchange.request.opensWebSocket
            {
                if silence > TimeAmount(front.idleTimeout) {
                    perform(
                        driver.requestFailed(
                            with: MessageFault(.requestTimeout, "the request body stopped coming").reply
                        )
                    )
                }
                return
            }
            let timeouts = upstream.upstream.timeouts
            let limit =
                upstream.hasResponded ? (front.isWritable ? timeouts.idle : front.idleTimeout) : timeouts.response
            guard silence > TimeAmount(limit) else { return }
            if upstream.hasResponded && !front.isWritable {
                perform(driver.clientLeft())
            } else {
                upstreamFailed(.timeout, .never)
            }
        } else if stream != nil, !front.isWritable, silence > TimeAmount(front.idleTimeout) {
            perform(driver.clientLeft())
        } else if collection?.isOpen == true, silence > TimeAmount(front.idleTimeout) {
            requestFailed(with: MessageFault(.requestTimeout, "the request body stopped coming"))
        }
    }

    /// Until the response begins: from then on the client may have reasons to wait.
    private func bodyIsTooSlow(_ request: RequestHead, at now: NIODeadline) -> Bool {
        guard requestTrailers == nil, !request.isGRPC, !request.opensWebSocket else { return false }
        let isAwaited = wantsRequestBody && upstream?.hasResponded != true && !front.awaitsContinue
        return bodyPace.isTooSlow(after: driver.requestBytes, isAwaited: isAwaited, at: now, front.limits)
    }
}
