internal import GatewayKit
internal import NIOCore

/// A request body that a stage wants to read before it decides; forwarded afterwards as it came.
struct BodyCollection {
    private let limit: ByteCount
    private(set) var bytes = ByteBuffer()
    private(set) var isOpen = true
    private var failure: (any Error)?
    private var promise: EventLoopPromise<ByteBuffer>?

    init(limit: ByteCount) {
        self.limit = limit
    }

    mutating func append(_ part: ByteBuffer) {
        guard part.readableBytes <= limit.bytes - bytes.readableBytes else {
            fail(BodyTooLarge(limit: limit))
            return
        }
        bytes.writeImmutableBuffer(part)
    }

    mutating func end() {
        isOpen = false
        promise?.succeed(bytes)
        promise = nil
    }

    mutating func fail(_ error: any Error) {
        guard isOpen else { return }
        isOpen = false
        failure = error
        promise?.fail(error)
        promise = nil
    }

    /// What has been collected, or will have been.
    mutating func result(within limit: ByteCount, on eventLoop: any EventLoop) -> Eventually<ByteBuffer> {
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
