internal import GatewayKit
internal import NIOCore

/// A request body that a stage wants to read before it decides; forwarded afterwards as it came.
///
/// Belongs to one event loop. What waits for it may ask the exchange anything, so it is told last.
final class BodyCollection {
    private let limit: ByteCount
    private(set) var bytes = ByteBuffer()
    private(set) var isOpen = true
    private var failure: (any Error)?
    private var promise: EventLoopPromise<ByteBuffer>?

    init(limit: ByteCount) {
        self.limit = limit
    }

    func append(_ part: ByteBuffer) {
        // What is over the limit is kept too: a stage may go on without the body, and then all of it is forwarded.
        bytes.writeImmutableBuffer(part)
        if bytes.readableBytes > limit.bytes {
            fail(BodyTooLarge(limit: limit))
        }
    }

    func end() {
        guard isOpen else { return }
        isOpen = false
        let promise = promise
        self.promise = nil
        promise?.succeed(bytes)
    }

    func fail(_ error: any Error) {
        guard isOpen else { return }
        isOpen = false
        failure = error
        let promise = promise
        self.promise = nil
        promise?.fail(error)
    }

    /// What has been collected, or will have been.
    func result(within limit: ByteCount, on eventLoop: any EventLoop) -> Eventually<ByteBuffer> {
        if let failure { return .later(eventLoop.makeFailedFuture(failure)) }
        if isOpen {
            let promise = promise ?? eventLoop.makePromise()
            self.promise = promise
            return .later(promise.futureResult)
        }
        guard bytes.readableBytes <= limit.bytes else {
            return .later(eventLoop.makeFailedFuture(BodyTooLarge(limit: limit)))
        }
        return .now(bytes)
    }
}
