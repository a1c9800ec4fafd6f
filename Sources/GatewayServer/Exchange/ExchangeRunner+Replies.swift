internal import GatewayKit
internal import HTTPTypes
internal import Logging
internal import NIOCore

// Answers of the gateway itself.
extension ExchangeRunner {
    func send(_ reply: Reply) -> ExchangeDriver.Action {
        guard let exchange else { return .wait }
        dropUpstream()
        trace?.noteFirstByte()
        if worker.decisions != nil, let problem = reply.problem { refusal = (reply.status, problem.detail) }
        exchange.upstreamFailure = driver.failure
        exchange.repliedStatus = reply.status
        // Of the response that this one is in place of.
        exchange[AnswerInsertions.self] = nil
        var (head, body, seen) = reply.rendered(in: exchange)
        adjust(&head, of: exchange)
        if let seen { head.status = seen }
        if let hold = exchange.takeHold() {
            self.hold(.own(head, body, closes: reply.closesConnection), until: hold)
            return .wait
        }
        return send(head, body, closes: reply.closesConnection)
    }

    func send(_ head: ResponseHead, _ body: Reply.Body, closes: Bool) -> ExchangeDriver.Action {
        guard let exchange else { return .wait }
        var body = body
        if case .bytes(let bytes) = body, let insertions = exchange[AnswerInsertions.self]?.all {
            body = .bytes(insertions.reduce(bytes) { $1.passed($0) })
        }
        driver.sent(head.status)
        let hasNoContent = head.status.code == 204
        let bodyless = exchange.request.method == .head || hasNoContent || head.status.code == 304
        switch body {
        case .none:
            front.sendHead(head, body: bodyless ? .none(declared: nil) : .length(0), closes: closes)
        case .bytes(let bytes):
            let length = UInt64(bytes.readableBytes)
            front.sendHead(
                head,
                body: bodyless ? .none(declared: hasNoContent ? nil : length) : .length(length),
                closes: closes
            )
            if !bodyless {
                write(bytes)
            }
        case .stream(let stream):
            front.sendHead(head, body: bodyless ? .none(declared: nil) : .unknownLength, closes: closes)
            if !bodyless {
                self.stream = stream
                front.flush()
                return pumpStream()
            }
        }
        front.sendEnd(trailers: Fields())
        front.flush()
        return driver.responseWritten()
    }

    func pumpStream() -> ExchangeDriver.Action {
        while let stream, let exchange {
            guard front.isWritable else {
                // What is written may all go out at once: then there is no event that it did.
                front.flush()
                guard front.isWritable else { return .wait }
                continue
            }
            switch stream.next(on: exchange.eventLoop) {
            case .now(let part):
                if let action = sendStreamed(.success(part)) { return action }
            case .later(let future):
                self.stream = nil
                front.flush()
                future.assumeIsolated().whenComplete { result in
                    guard self.exchange === exchange else { return }
                    self.stream = stream
                    self.perform(self.sendStreamed(result) ?? self.pumpStream())
                }
                return .wait
            }
        }
        return .wait
    }

    /// - Returns: what follows when the stream has ended; `nil` when it goes on.
    func sendStreamed(_ result: Result<ByteBuffer?, any Error>) -> ExchangeDriver.Action? {
        lastActivity = worker.now
        switch result {
        case .success(let part?):
            write(part)
            return nil
        case .success(nil):
            stream = nil
            front.sendEnd(trailers: Fields())
            front.flush()
            return driver.responseWritten()
        case .failure(let error):
            stream = nil
            exchange?.logger.error("a reply's stream failed", metadata: ["error": "\(error)"])
            return driver.drainExpired()
        }
    }

    func adjust(_ head: inout ResponseHead, of exchange: Exchange) {
        for index in stride(from: driver.admitted - 1, through: 0, by: -1) {
            exchange.route.stages[index].adjust(&head, of: exchange)
        }
    }
}
