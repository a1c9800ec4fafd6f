package import GatewayKit
package import Logging
package import NIOCore

/// Serves requests as a listener does, without a socket: the same reading, routes, stages, answers and settlement, and
/// upstreams that answer what the trial says. One request at a time.
package final class Trial: Sendable {
    private let worker: NIOLoopBound<Worker>
    private let eventLoop: any EventLoop
    private let routing: any Routing
    private let listener: ListenerSettings
    /// What stands still, such as a response that is held for a payment, is ended then.
    private static let patience = TimeAmount.seconds(15)

    /// - Parameters:
    ///   - listener: whose limits and trusted proxies count; its address is not looked at.
    ///   - eventLoop: where everything runs.
    package static func on(
        _ eventLoop: any EventLoop,
        routing: any Routing,
        listener: ListenerSettings,
        time: TimeSource,
        logger: Logger
    ) async throws -> Trial {
        let worker = try await eventLoop.submit {
            let worker = Worker(
                eventLoop: eventLoop,
                time: time,
                logger: logger,
                accessLog: nil,
                tls: UpstreamTLSContexts(),
                names: UpstreamNames(NoNames(), logger: logger)
            )
            worker.canned = CannedUpstreams()
            return NIOLoopBound(worker, eventLoop: eventLoop)
        }.get()
        return Trial(worker, eventLoop, routing, listener)
    }

    private init(
        _ worker: NIOLoopBound<Worker>,
        _ eventLoop: any EventLoop,
        _ routing: any Routing,
        _ listener: ListenerSettings
    ) {
        self.worker = worker
        self.eventLoop = eventLoop
        self.routing = routing
        self.listener = listener
    }

    /// Not called again before its answer.
    package func outcome(of request: TrialRequest, upstream: TrialResponse = .ok) async throws -> TrialOutcome {
        let promise = eventLoop.makePromise(of: TrialOutcome.self)
        eventLoop.execute { [worker, routing, listener] in
            let front = TrialFront(
                request,
                at: listener,
                routing: routing,
                worker: worker.value,
                response: upstream,
                explains: true,
                done: promise
            )
            front.begin(within: Self.patience)
        }
        return try await promise.futureResult.get()
    }
}
