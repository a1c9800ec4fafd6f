internal import Dispatch
package import GatewayKit
package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// Takes lines from any thread and writes them on a thread of its own, many with one `write(2)`.
///
/// Nobody waits for the sink: lines that find the queue full are dropped and counted, and their number is a line of its
/// own where they are missing.
package final class AccessLogWriter: Sendable {
    private struct State {
        /// Lines to be written.
        var waiting = ByteBuffer()
        /// The storage of the last batch, for what waits after the next one is taken.
        var spare = ByteBuffer()
        /// Bytes of the batch that is being written.
        var underWay = 0
        /// Lines that were lost since the last time this was told in the log.
        var dropped: UInt64 = 0
        var droppedInAll: UInt64 = 0
        /// A batch will be taken when the linger time is over.
        var isDue = false
        /// A batch will be taken as soon as the one before is written.
        var isUrgent = false
        /// No more lines are taken.
        var isStopped = false
        /// The sink is not to be used any more.
        var isFinished = false
        /// What was written last is the beginning of a line: the sink failed in the middle of it.
        var endsInsideLine = false
        var isFailing = false
    }

    private struct Batch {
        /// What is still to be written of it.
        var bytes: ByteBuffer
        /// How many lines are missing before its last line, which says so; 0 when there is no such line.
        let gap: UInt64
        var followsBrokenLine: Bool
    }

    /// So many bytes are written without waiting for more.
    private static let batchSize = ByteCount.kibibytes(64)

    private let sink: any AccessLogSink
    private let formatter: AccessLogFormatter
    private let capacity: ByteCount
    private let linger: DispatchTimeInterval
    private let time: TimeSource
    private let logger: Logger
    private let queue = DispatchQueue(label: "sluice.access-log", qos: .utility)
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - formatter: for the lines that tell how many are missing.
    ///   - capacity: bytes that wait or are being written.
    ///   - linger: how long the first line of a batch waits for others, so that a request costs no wake-up of a thread.
    package init(
        _ sink: any AccessLogSink,
        formatter: AccessLogFormatter,
        capacity: ByteCount = .mebibytes(4),
        linger: Duration = .milliseconds(100),
        time: TimeSource = .system,
        logger: Logger
    ) {
        self.sink = sink
        self.formatter = formatter
        self.capacity = capacity
        self.linger = linger.forDispatch
        self.time = time
        self.logger = logger
    }

    /// Lines that were not written, since the beginning.
    package var dropped: UInt64 {
        state.withLockedValue { $0.droppedInAll }
    }

    // MARK: From any thread

    /// Copies one line, with its line end, into the queue. Never waits for the sink; after `stop`, does nothing.
    package func write(_ line: ByteBuffer) {
        let (becameDue, becameUrgent) = state.withLockedValue { state in
            guard !state.isStopped else { return (false, false) }
            if line.readableBytes <= capacity.bytes - state.underWay - state.waiting.readableBytes {
                state.waiting.writeImmutableBuffer(line)
            } else {
                state.dropped += 1
                state.droppedInAll += 1
            }
            let isUrgent = state.waiting.readableBytes >= Self.batchSize.bytes
            defer {
                state.isDue = true
                state.isUrgent = state.isUrgent || isUrgent
            }
            return (!state.isDue, isUrgent && !state.isUrgent)
        }
        if becameUrgent {
            queue.async { self.writeBatch() }
        }
        if becameDue {
            queue.asyncAfter(deadline: .now() + linger) {
                self.state.withLockedValue { $0.isDue = false }
                self.writeBatch()
            }
        }
    }

    /// Goes on in a new file once what came so far is written; for log rotation. Does not wait for that, so lines that
    /// come meanwhile may still go to the file before.
    package func reopen() {
        queue.async { [self] in
            writeBatch()
            guard !state.withLockedValue({ $0.isFinished }) else { return }
            do {
                try sink.reopen()
            } catch {
                logger.error("the access log goes on in its old file", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Waits until every line that came before is written, or lost to a sink that fails. Not for an event loop.
    ///
    /// - Returns: false when the sink took longer than `limit`.
    @discardableResult
    package func flush(within limit: Duration = .seconds(5)) -> Bool {
        wait(limit) { self.writeBatch() }
    }

    /// Takes no more lines, and waits as `flush` does. Then the sink is finished.
    @discardableResult
    package func stop(within limit: Duration = .seconds(5)) -> Bool {
        let wasStopped = state.withLockedValue { state in
            defer { state.isStopped = true }
            return state.isStopped
        }
        guard !wasStopped else { return flush(within: limit) }
        return wait(limit) {
            self.writeBatch()
            self.state.withLockedValue { $0.isFinished = true }
            self.sink.finish()
        }
    }

    private func wait(_ limit: Duration, for work: @escaping @Sendable () -> Void) -> Bool {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            work()
            done.signal()
        }
        return done.wait(timeout: .now() + limit.forDispatch) == .success
    }

    // MARK: On the queue

    private func writeBatch() {
        guard var batch = takeBatch() else { return }
        var failure: (any Error)?
        do {
            if batch.followsBrokenLine {
                // The next line must not look like the rest of the one that was cut off.
                try withUnsafeBytes(of: UInt8(ascii: "\n")) { _ = try sink.writeFront(of: $0) }
                batch.followsBrokenLine = false
            }
            while batch.bytes.readableBytes > 0 {
                let written = try batch.bytes.withUnsafeReadableBytes { try sink.writeFront(of: $0) }
                let count = min(max(1, written), batch.bytes.readableBytes)
                let last = batch.bytes.getInteger(at: batch.bytes.readerIndex + count - 1, as: UInt8.self)
                batch.followsBrokenLine = last != UInt8(ascii: "\n")
                batch.bytes.moveReaderIndex(forwardBy: count)
            }
        } catch {
            failure = error
        }
        finish(&batch, failure)
    }

    private func takeBatch() -> Batch? {
        let batch: Batch? = state.withLockedValue { state in
            state.isUrgent = false
            guard !state.isFinished, state.dropped > 0 || state.waiting.readableBytes > 0 else { return nil }
            let batch = Batch(
                bytes: state.waiting,
                gap: state.dropped,
                followsBrokenLine: state.endsInsideLine
            )
            state.waiting = state.spare
            state.spare = ByteBuffer()
            state.underWay = batch.bytes.readableBytes
            state.dropped = 0
            return batch
        }
        guard var batch else { return nil }
        if batch.gap > 0 {
            formatter.writeGap(of: batch.gap, at: time.now(), into: &batch.bytes)
        }
        return batch
    }

    private func finish(_ batch: inout Batch, _ failure: (any Error)?) {
        let unwritten = UInt64(batch.bytes.readableBytesView.count { $0 == UInt8(ascii: "\n") })
        // The last line of all told of a gap, and if it was not written, the gap is still to be told.
        let untold = unwritten > 0 ? batch.gap : 0
        let lost = unwritten - (untold > 0 ? 1 : 0)
        batch.bytes.clear()
        let beganToFail = state.withLockedValue { state in
            state.spare = batch.bytes
            state.underWay = 0
            state.dropped += lost + untold
            state.droppedInAll += lost
            state.endsInsideLine = batch.followsBrokenLine
            defer { state.isFailing = failure != nil }
            return failure != nil && !state.isFailing
        }
        if beganToFail, let failure {
            logger.error("the access log cannot be written; lines are lost", metadata: ["error": "\(failure)"])
        }
    }
}

extension Duration {
    /// Nothing shorter than zero.
    fileprivate var forDispatch: DispatchTimeInterval {
        .nanoseconds(Int(clamping: max(0, TimeAmount(self).nanoseconds)))
    }
}
