import GatewayKit
import HTTPTypes
import NIOCore

/// A stream of events that a session pays for, on its way to a client who may leave. Belongs to its event loop.
final class BookStream: ResponseOutlet {
    /// What it was good for.
    struct End: Sendable {
        /// Events that went out.
        var events: Int
        /// It was cut, so that nobody knows what the last debit took.
        var isCut: Bool
    }

    private static let event = "data: x\n\n"

    private let filter: any ResponseFilter
    private let eventLoop: any EventLoop
    private let leavesWhenShort: Bool
    /// Events that the upstream still has.
    private var left: Int
    private var events = 0
    private var isOver = false
    private let begun: EventLoopPromise<Void>
    private let done: (Outcome, End) -> Void

    let isWritable = true

    /// - Parameters:
    ///   - begun: kept when some of it has gone out, or it is over.
    ///   - done: called once.
    init(
        _ filter: any ResponseFilter,
        _ events: Int,
        leavesWhenShort: Bool,
        on eventLoop: any EventLoop,
        begun: EventLoopPromise<Void>,
        done: @escaping (Outcome, End) -> Void
    ) {
        self.filter = filter
        self.eventLoop = eventLoop
        self.leavesWhenShort = leavesWhenShort
        left = events
        self.begun = begun
        self.done = done
    }

    /// The upstream sends the next event, or ends.
    func goOn() {
        guard !isOver else { return }
        do {
            guard left > 0 else {
                return try filter.trailers(after: Fields(), to: self).whenComplete { _ in self.finish(.answered) }
            }
            left -= 1
            try filter.passage(of: ByteBuffer(string: Self.event), to: self).whenComplete { result in
                if case .success(let bytes) = result { self.send(bytes) }
                // Others get a turn.
                self.eventLoop.assumeIsolated().execute { self.goOn() }
            }
        } catch {
            cut()
        }
    }

    func send(_ bytes: ByteBuffer) {
        guard !isOver else { return }
        let text = String(buffer: bytes)
        events += text.split(separator: "\n\n").count { $0 == "data: x" }
        if events > 5 { begun.succeed() }
        guard leavesWhenShort, text.contains("payment-need-topup") else { return }
        eventLoop.assumeIsolated().execute { self.finish(.clientLeft) }
    }

    func end(trailers: Fields) { finish(.answered) }
    func cut() { finish(.cut) }

    private func finish(_ end: Outcome.End) {
        guard !isOver else { return }
        isOver = true
        begun.succeed()
        let outcome = Outcome(end: end, status: .ok, requestBytes: 0, responseBytes: 0)
        filter.settle(as: outcome)
        done(outcome, End(events: events, isCut: end == .cut))
    }
}
