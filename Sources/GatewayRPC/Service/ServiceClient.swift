package import GRPCCore
package import GatewayKit
package import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Asks a gRPC service at one of its addresses, as far as it can be asked. May be used from any thread.
///
/// Addresses take turns. Left out are those whose breaker is open, that say that they are not healthy, and that have as many
/// calls open as they may.
package final class ServiceClient: Sendable {
    private struct State {
        /// Whose turn it is.
        var turn = 0
        var hasStarted = false
        var watches: [Task<Void, Never>] = []
    }

    package let settings: ServiceSettings
    private let endpoints: [ServiceEndpoint]
    private let isOffline: Bool
    private let state = NIOLockedValueBox(State())

    /// Opens nothing.
    ///
    /// - Parameter isOffline: answers every call with a failure, and never connects.
    /// - Throws: a sentence where the certificates cannot be used.
    package init(
        _ settings: ServiceSettings,
        time: TimeSource = .system,
        logger: Logger,
        isOffline: Bool = false
    ) throws {
        self.settings = settings
        self.isOffline = isOffline
        do {
            endpoints = try settings.addresses.map {
                try ServiceEndpoint($0, of: settings, time: time, logger: logger)
            }
        } catch {
            throw StartFailure("'tls' of \(settings.name) cannot be used: \(error)")
        }
    }

    deinit {
        for watch in state.withLockedValue({ $0.watches }) { watch.cancel() }
    }

    // MARK: Life

    /// Connects, so that the first call need not wait for it; otherwise that one does it. A service that is not there is no
    /// reason not to start.
    package func start() {
        let isFirst = state.withLockedValue { state in
            defer { state.hasStarted = true }
            return !state.hasStarted
        }
        if isFirst { connect() }
    }

    private func connect() {
        guard !isOffline else { return }
        for endpoint in endpoints { endpoint.start() }
        guard let health = settings.health else { return }
        let watches = endpoints.map { HealthWatch(settings: health).follow($0) }
        state.withLockedValue { $0.watches = watches }
    }

    /// Calls that are open go on; further ones fail.
    ///
    /// - Parameter abruptly: calls that are open end, too.
    package func stop(abruptly: Bool = false) async {
        let watches = state.withLockedValue { state in
            state.hasStarted = true
            return state.watches
        }
        for watch in watches { watch.cancel() }
        for endpoint in endpoints { await endpoint.stop(abruptly: abruptly) }
        for watch in watches { await watch.value }
    }

    // MARK: Calls

    /// Calls a method of the service, at another address again where that may help.
    ///
    /// `method` gets what a generated stub wraps, and the options for the call:
    ///
    /// ```swift
    /// try await client.call { connection, options in
    ///     try await Sluice_V1_Pricer.Client(wrapping: connection).price(request, options: options)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - isRepeatable: asking twice does no harm. `false`: the call is made once, whatever comes of it.
    ///   - timeout: for all attempts together, instead of the policy's.
    package func call<Answer: Sendable>(
        isRepeatable: Bool = true,
        timeout: Duration? = nil,
        _ method: @Sendable (ServiceConnection, CallOptions) async throws -> Answer
    ) async throws(ServiceFailure) -> Answer {
        if isOffline { throw ServiceFailure(.offline, of: settings.name) }
        let clock = ContinuousClock()
        let end = clock.now + (timeout ?? settings.timeout)
        var attemptsLeft = isRepeatable ? settings.retries : 0
        var tried = [Int]()
        while true {
            let (index, permit) = try endpoint(except: tried)
            let endpoint = endpoints[index]
            var options = CallOptions.defaults
            options.timeout = max(clock.now.duration(to: end), .zero)
            options.maxResponseMessageBytes = settings.answerLimit.bytes
            // The transport bounds what it reads by this one (grpc-swift-nio-transport 2.9.2, Connection.swift).
            options.maxRequestMessageBytes = settings.answerLimit.bytes
            do {
                let answer = try await method(endpoint.connection, options)
                endpoint.end(permit, nil)
                return answer
            } catch {
                let service = endpoint.address.description
                // Whatever a call that was cancelled ends with says nothing of the service.
                let failure =
                    Task.isCancelled ? ServiceFailure(.withdrawn, of: service) : ServiceFailure(error, of: service)
                endpoint.end(permit, failure)
                guard failure.isWorthAnotherAttempt, attemptsLeft > 0, clock.now < end else { throw failure }
                attemptsLeft -= 1
                tried.append(index)
            }
        }
    }

    /// The same, with a failure as a value: for what goes on without an answer.
    package func result<Answer: Sendable>(
        isRepeatable: Bool = true,
        timeout: Duration? = nil,
        _ method: @Sendable (ServiceConnection, CallOptions) async throws -> Answer
    ) async -> Result<Answer, ServiceFailure> {
        do {
            return .success(try await call(isRepeatable: isRepeatable, timeout: timeout, method))
        } catch {
            return .failure(error)
        }
    }

    /// The next address that may be asked, one that was not tried before where there is one.
    private func endpoint(except tried: [Int]) throws(ServiceFailure) -> (Int, CircuitBreaker.Permit) {
        let (first, isFirst) = state.withLockedValue { state in
            defer { state.hasStarted = true }
            state.turn &+= 1
            return (state.turn, !state.hasStarted)
        }
        if isFirst { connect() }
        var refusals = Set<RefusedPermit>()
        let count = UInt(endpoints.count)
        let order = endpoints.indices.map { Int(UInt(bitPattern: first &+ $0) % count) }
        for index in order.filter({ !tried.contains($0) }) + order.filter(tried.contains) {
            switch endpoints[index].permit() {
            case .success(let permit): return (index, permit)
            case .failure(let refusal): refusals.insert(refusal)
            }
        }
        throw ServiceFailure(Self.reason(of: refusals), of: settings.name)
    }

    private static func reason(of refusals: Set<RefusedPermit>) -> ServiceFailure.Reason {
        if refusals.contains(.stopped) { return .stopped }
        if refusals.contains(.busy) { return .busy }
        return refusals.contains(.breakerOpen) ? .breakerOpen : .unavailable
    }
}
