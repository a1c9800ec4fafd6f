internal import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// A server whose listeners are open.
package final class RunningServer: Sendable {
    private struct State {
        var listeners: [OpenListener] = []
        var certificates: ListenerCertificates
        var isReplacing = false
        var isStopped = false
    }

    private let opening: ListenerOpening
    private let state: NIOLockedValueBox<State>
    private let drainTimeout: Duration
    private let logger: Logger

    private var workers: [NIOLoopBound<Worker>] { opening.workers }

    init(
        opening: ListenerOpening,
        certificates: ListenerCertificates,
        drainTimeout: Duration,
        logger: Logger
    ) {
        self.opening = opening
        state = NIOLockedValueBox(State(certificates: certificates))
        self.drainTimeout = drainTimeout
        self.logger = logger
    }

    /// Where the listeners are open, in their order; tells the port where 0 was asked for.
    package var addresses: [SocketAddress] {
        state.withLockedValue { $0.listeners.compactMap(\.channel.localAddress) }
    }

    /// Client connections that are open now.
    package func connectionCount() async throws -> Int {
        var count = 0
        for worker in workers {
            count += try await worker.onLoop { $0.connectionCount }
        }
        return count
    }

    /// What clients did so far that only attackers do, and that was ended for it.
    package func abuseCount() async throws -> UInt64 {
        var count: UInt64 = 0
        for worker in workers {
            count += try await worker.onLoop { $0.abuseCount }
        }
        return count
    }

    /// Client connections so far that were closed at once, since there were too many.
    package func refusedConnectionCount() async throws -> UInt64 {
        var count: UInt64 = 0
        for worker in workers {
            count += try await worker.onLoop { $0.refusedConnectionCount }
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

    // MARK: Listeners

    /// Listens on these addresses instead of those before, and goes by these routes.
    ///
    /// New addresses are opened first. A socket whose address stays is not closed: with the same settings its connections
    /// stay also, and their next requests go by the new routes; with others they end with their exchanges, as those of a
    /// listener that is no longer wanted do. One address cannot be opened while another that covers it is open
    /// (`0.0.0.0:80` and `127.0.0.1:80`).
    ///
    /// - Throws: `StartFailure` that names the address or the file; then everything is as before.
    package func replace(_ listeners: [GatewayServer.Listener]) async throws {
        let (before, certificatesBefore) = try beginReplacing()
        defer { state.withLockedValue { $0.isReplacing = false } }
        let settings = listeners.map(\.settings)
        var certificates = certificatesBefore
        try certificates.read(for: settings)

        let change = ListenerChange(from: before.map(\.settings), to: settings)
        var opened: [Int: OpenListener] = [:]
        do {
            for index in settings.indices where change.kept[index] == nil {
                let identities = certificates.identities(of: settings[index], among: settings)
                opened[index] = try await opening.open(listeners[index], identities: identities)
            }
        } catch {
            for listener in opened.values { await listener.close(within: .zero) }
            throw error
        }

        var after: [OpenListener] = []
        for index in settings.indices {
            if let listener = opened[index] {
                after.append(listener)
            } else if let kept = change.kept[index] {
                let identities = certificates.identities(of: settings[index], among: settings)
                after.append(
                    try await before[kept].serving(listeners[index], identities: identities, within: drainTimeout)
                )
            }
        }
        let isStopped = state.withLockedValue { state in
            state.listeners = after
            state.certificates = certificates
            return state.isStopped
        }
        for index in change.removed {
            await before[index].close(within: drainTimeout)
        }
        guard isStopped else { return }
        for listener in after { await listener.close(within: .zero) }
        throw StartFailure("the server is stopping")
    }

    private func beginReplacing() throws(StartFailure) -> ([OpenListener], ListenerCertificates) {
        let before: Result<([OpenListener], ListenerCertificates), StartFailure> = state.withLockedValue { state in
            guard !state.isStopped else { return .failure(StartFailure("the server is stopping")) }
            guard !state.isReplacing else { return .failure(StartFailure("the listeners are being replaced already")) }
            state.isReplacing = true
            return .success((state.listeners, state.certificates))
        }
        return try before.get()
    }

    // MARK: Access log

    /// Writes down in this log, from now on, and in no other.
    ///
    /// - Throws: when an event loop is shut down.
    package func replaceAccessLog(with accessLog: AccessLog?) async throws {
        for worker in workers {
            try await worker.onLoop { $0.accessLog = accessLog }
        }
    }

    // MARK: Certificates

    /// Serves certificates that have changed to new connections, and renews those that the gateway signed itself. To be
    /// called about once a minute, and not on an event loop; what goes wrong is logged, and leaves everything as it was.
    package func checkCertificates() {
        state.withLockedValue { $0.certificates }.check()
    }

    // MARK: The end

    /// Takes no more connections, lets exchanges end, and ends those that last longer than the drain timeout.
    package func drain() async {
        let listeners = state.withLockedValue { state in
            state.isStopped = true
            return state.listeners
        }
        for listener in listeners {
            try? await listener.channel.close()
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
        // It may be at work, and the event loops are the caller's to stop as soon as this returns.
        _ = await expiry.result
    }
}
