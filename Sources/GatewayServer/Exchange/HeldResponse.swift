internal import GatewayKit
internal import NIOCore

/// A response that may not go to its client yet, and what has come of its body meanwhile: as much as had been read before
/// its sender was told to wait.
struct HeldResponse {
    enum Head {
        case upstream(ResponseHead, ResponseBody)
        case own(ResponseHead, Reply.Body, closes: Bool)
    }

    let head: Head
    var parts: [ByteBuffer] = []
    /// `nil` until the upstream's response has ended.
    var end: Fields?

    init(_ head: Head) {
        self.head = head
    }
}

extension ExchangeRunner {
    func hold(_ head: HeldResponse.Head, until done: EventLoopFuture<Void>) {
        guard let exchange else { return }
        held = HeldResponse(head)
        done.assumeIsolated().whenComplete { result in
            // The client may have left, and another exchange have begun.
            guard self.exchange === exchange else { return }
            self.heldEnough(result, in: exchange)
        }
    }

    private func heldEnough(_ result: Result<Void, any Error>, in exchange: Exchange) {
        guard let held else { return }
        self.held = nil
        lastActivity = worker.now
        if case .failure(let error) = result {
            return perform(driver.responseWithheld(for: reply(to: error, in: exchange)))
        }
        switch held.head {
        case .own(let head, let body, let closes):
            perform(send(head, body, closes: closes))
        case .upstream(let head, let body):
            sendUpstreamHead(head, body: body)
            // In one piece: whoever holds a response after this one takes no part before it has answered to the last.
            var rest = ByteBuffer()
            for part in held.parts {
                if rest.readableBytes == 0 { rest = part } else { rest.writeImmutableBuffer(part) }
            }
            if rest.readableBytes > 0 { upstreamPart(rest) }
            guard self.exchange === exchange else { return }
            if let end = held.end { return upstreamEnded(trailers: end) }
            front.flush()
            if takesResponse { upstream?.resumeReading() }
        }
    }
}
