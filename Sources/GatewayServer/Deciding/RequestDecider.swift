package import GatewayKit
internal import HTTPTypes
package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// Decides about requests that another proxy serves, by the routes of a policy: the same reading, stages, answers and
/// settlement as at a listener. What a pipeline forwards counts as answered with 200 and nothing else.
package final class RequestDecider: Sendable {
    private struct State {
        var routing: any Routing
        var listener: ListenerSettings
        var accessLog: AccessLog?
        var turn = 0
    }

    private let workers: [NIOLoopBound<Worker>]
    private let state: NIOLockedValueBox<State>
    /// What stands still is ended then.
    private static let patience = TimeAmount.seconds(15)

    /// - Parameters:
    ///   - listener: whose limits and trusted proxies count; its address is not looked at.
    ///   - group: where exchanges run, on all of its event loops.
    ///   - accessLog: gets a line for each request.
    ///   - decisions: learns of each request that is refused or traced; `nil`: nobody does.
    package static func on(
        _ group: any EventLoopGroup,
        routing: any Routing,
        listener: ListenerSettings,
        accessLog: AccessLog? = nil,
        decisions: RecentDecisions? = nil,
        time: TimeSource,
        logger: Logger
    ) async throws -> RequestDecider {
        var workers: [NIOLoopBound<Worker>] = []
        for eventLoop in group.makeIterator() {
            let worker = try await eventLoop.submit {
                let worker = Worker(
                    eventLoop: eventLoop,
                    time: time,
                    logger: logger,
                    accessLog: accessLog,
                    decisions: decisions,
                    tls: UpstreamTLSContexts(),
                    names: UpstreamNames(NoNames(), logger: logger)
                )
                worker.canned = CannedUpstreams()
                return NIOLoopBound(worker, eventLoop: eventLoop)
            }.get()
            workers.append(worker)
        }
        let state = State(routing: routing, listener: listener, accessLog: accessLog)
        return RequestDecider(workers, state)
    }

    private init(_ workers: [NIOLoopBound<Worker>], _ state: State) {
        self.workers = workers
        self.state = NIOLockedValueBox(state)
    }

    /// Requests from now on go by these routes; those that are decided about finish on theirs.
    package func replace(with routing: any Routing, at listener: ListenerSettings, accessLog: AccessLog?) {
        state.withLockedValue { state in
            state.routing = routing
            state.listener = listener
            state.accessLog = accessLog
        }
    }

    /// May be called from any thread.
    ///
    /// - Parameter eventLoop: where it runs, when that is one of the decider's; otherwise they take turns.
    package func begin(_ request: TrialRequest, on eventLoop: (any EventLoop)? = nil) -> PendingDecision {
        let current = state.withLockedValue { state in
            state.turn &+= 1
            return state
        }
        let own = eventLoop.flatMap { eventLoop in workers.first { $0.eventLoop === eventLoop } }
        let worker = own ?? workers[Int(UInt(bitPattern: current.turn) % UInt(workers.count))]
        let promise = worker.eventLoop.makePromise(of: TrialOutcome.self)
        let pending = NIOLoopBoundBox.makeEmptyBox(valueType: TrialFront.self, eventLoop: worker.eventLoop)
        worker.eventLoop.execute {
            worker.value.accessLog = current.accessLog
            let front = TrialFront(
                request,
                at: current.listener,
                routing: current.routing,
                worker: worker.value,
                response: .answer(ResponseHead(status: .ok), body: ByteBuffer()),
                explains: false,
                isServedElsewhere: true,
                done: promise
            )
            pending.value = front
            front.begin(within: Self.patience)
        }
        return PendingDecision(outcome: promise.futureResult, front: pending)
    }
}
