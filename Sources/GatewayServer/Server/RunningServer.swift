internal import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// A server whose listeners are open.
package final class RunningServer: Sendable {
    private let workers: [NIOLoopBound<Worker>]
    private let channels = NIOLockedValueBox<[any Channel]>([])
    private let drainTimeout: Duration
    private let logger: Logger

    init(workers: [NIOLoopBound<Worker>], drainTimeout: Duration, logger: Logger) {
        self.workers = workers
        self.drainTimeout = drainTimeout
        self.logger = logger
    }

    func add(_ channel: any Channel) {
        channels.withLockedValue { $0.append(channel) }
    }

    /// Where the listeners are open, in their order; tells the port where 0 was asked for.
    package var addresses: [SocketAddress] {
        channels.withLockedValue { $0.compactMap(\.localAddress) }
    }

    /// Client connections that are open now.
    package func connectionCount() async throws -> Int {
        var count = 0
        for worker in workers {
            count += try await worker.onLoop { $0.connectionCount }
        }
        return count
    }

    /// Upstream connections that are open now or being opened.
    package func upstreamConnectionCount() async throws -> Int {
        var count = 0
        for worker in workers {
            count += try await worker.onLoop { $0.pool.connectionCount }
        }
        return count
    }

    /// Takes no more connections, lets exchanges end, and ends those that last longer than the drain timeout.
    package func drain() async {
        for channel in channels.withLockedValue({ $0 }) {
            try? await channel.close()
        }
        let workers = workers
        let expiry = Task { [drainTimeout, logger] in
            try await Task.sleep(for: drainTimeout)
            logger.warning("the drain timeout is over; ending what still runs")
            for worker in workers {
                try await worker.onLoop { $0.expire() }
            }
        }
        // All at once: one that has something to finish keeps no other from closing what is idle.
        let drained = workers.map { worker in worker.eventLoop.flatSubmit { worker.value.drain() } }
        for future in drained {
            try? await future.get()
        }
        expiry.cancel()
    }
}

extension NIOLoopBound where Value == Worker {
    fileprivate func onLoop<Result: Sendable>(_ body: @escaping @Sendable (Worker) -> Result) async throws -> Result {
        try await eventLoop.submit { body(self.value) }.get()
    }
}
