package import GRPCCore
package import GRPCNIOTransportHTTP2Posix
internal import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// What the stubs that are generated for a service wrap.
package typealias ServiceConnection = GRPCClient<HTTP2ClientTransport.Posix>

/// One address of a service: its connection, its breaker, and what is open there. May be used from any thread.
final class ServiceEndpoint: Sendable {
    private struct State {
        var breaker: CircuitBreaker
        var openCalls = 0
        var health: HealthTally?
        var runs: Task<Void, Never>?
        var isStopped = false
    }

    let address: ServiceAddress
    let connection: ServiceConnection
    private let streamLimit: Int
    private let time: TimeSource
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    /// Opens nothing yet.
    init(_ address: ServiceAddress, of settings: ServiceSettings, time: TimeSource, logger: Logger) throws {
        self.address = address
        var config = HTTP2ClientTransport.Posix.Config.defaults
        config.http2.authority = settings.tls?.serverName
        // A call that finds nobody fails at once; what tries again in the background is not to be late.
        config.backoff = .init(initial: .milliseconds(100), max: .seconds(5), multiplier: 1.6, jitter: 0.2)
        config.connection.keepalive = .init(time: .seconds(30), timeout: .seconds(10), allowWithoutCalls: false)
        connection = GRPCClient(
            transport: try HTTP2ClientTransport.Posix(
                target: address.target,
                transportSecurity: settings.tls?.security ?? .plaintext,
                config: config
            )
        )
        streamLimit = settings.streamLimit
        self.time = time
        self.logger = logger
        state = NIOLockedValueBox(
            State(breaker: CircuitBreaker(settings.breaker), health: settings.health.map { HealthTally($0) })
        )
    }

    deinit {
        connection.beginGracefulShutdown()
    }

    // MARK: Life

    /// Connects, and keeps connecting.
    func start() {
        state.withLockedValue { state in
            guard state.runs == nil, !state.isStopped else { return }
            // Holds on to the connection alone, so that an endpoint that nobody uses any more goes, and its connection with it.
            state.runs = Task { [connection] in try? await connection.runConnections() }
        }
    }

    /// Ends with the last call that is open there, or ends those as well.
    func stop(abruptly: Bool) async {
        let runs = state.withLockedValue { state in
            state.isStopped = true
            return state.runs
        }
        connection.beginGracefulShutdown()
        if abruptly { runs?.cancel() }
        await runs?.value
    }

    // MARK: Calls

    /// The right to one call, which ends with `end`.
    func permit() -> Result<CircuitBreaker.Permit, RefusedPermit> {
        let now = time.uptime()
        return state.withLockedValue { state in
            if state.isStopped { return .failure(.stopped) }
            if state.health?.isHealthy == false { return .failure(.unhealthy) }
            if state.openCalls >= streamLimit { return .failure(.busy) }
            guard let permit = state.breaker.permit(at: now) else { return .failure(.breakerOpen) }
            state.openCalls += 1
            return .success(permit)
        }
    }

    /// - Parameter failure: `nil` for an answer.
    func end(_ permit: CircuitBreaker.Permit, _ failure: ServiceFailure?) {
        let now = time.uptime()
        let (before, after) = state.withLockedValue { state in
            let before = state.breaker.state
            state.openCalls -= 1
            if failure?.reason == .withdrawn || failure?.reason == .stopped {
                state.breaker.withdrew(permit, at: now)
            } else if let failure, failure.countsAgainstService {
                state.breaker.failed(permit, at: now, chance: .random(in: 0...1))
            } else {
                state.breaker.succeeded(permit)
            }
            return (before, state.breaker.state)
        }
        switch (before, after) {
        case (.closed, .open):
            logger.warning(
                "a service fails and is left alone for a while",
                metadata: ["reason": "\(failure?.description ?? "")"]
            )
        case (.halfOpen, .closed):
            logger.notice("a service answers again", metadata: ["service": "\(address)"])
        default: break
        }
    }

    // MARK: Health

    /// What a check found.
    func noteHealth(_ isServing: Bool) {
        let change = state.withLockedValue { state -> Bool? in
            let before = state.health?.isHealthy
            state.health?.note(isServing)
            let after = state.health?.isHealthy
            return before == after ? nil : after
        }
        if let change {
            logger.notice(
                "the health of a service changed",
                metadata: ["service": "\(address)", "serving": "\(change)"]
            )
        }
    }
}
