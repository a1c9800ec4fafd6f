package import GatewayKit
internal import GatewayPolicy
internal import GatewayRPC
internal import GatewayServer
internal import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// Has a policy decide for other proxies, in place of serving its listeners: at their addresses it is asked over gRPC, and
/// where there is a further one over HTTP.
package final class Authorizer: Sendable {
    private struct State {
        var decider: RequestDecider?
        var servers: [RPCServer] = []
        var listener: GatewayServer.Listener?
    }

    private let http: ListenerSettings?
    private let trusted: [Network]
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - http: where it is asked over HTTP; `nil`: nowhere.
    ///   - trusted: who may ask there, beside this machine.
    package init(http: ListenerSettings?, trusted: [Network] = []) {
        self.http = http
        self.trusted = trusted
    }

    /// Where it is asked over HTTP, once it has started.
    var listeners: [GatewayServer.Listener] { state.withLockedValue { [$0.listener].compactMap(\.self) } }

    /// Where it is asked over gRPC, once it has started.
    package var addresses: [SocketAddress] { state.withLockedValue { $0.servers.compactMap(\.address) } }

    func start(
        _ policy: LoadedPolicy,
        on group: any EventLoopGroup,
        accessLog: AccessLog?,
        _ decisions: RecentDecisions?
    ) async throws {
        let listener = Self.listener(of: policy)
        let decider = try await RequestDecider.on(
            group,
            routing: policy.routing(at: listener, 0, policy.pages),
            listener: listener,
            accessLog: accessLog,
            decisions: decisions,
            time: policy.time,
            logger: policy.logger
        )
        state.withLockedValue { state in
            state.decider = decider
            state.listener = http.map { settings in
                let stage = AuthRequestStage(decider, trusted: trusted, time: policy.time)
                return GatewayServer.Listener(settings, routing: SingleRoute(Route(name: "ext-authz", stages: [stage])))
            }
        }
        do {
            for settings in policy.plan.listeners {
                let server = try await RPCServer.start(
                    at: settings,
                    services: [EnvoyAuthorization(decider), ServingHealth()]
                )
                state.withLockedValue { $0.servers.append(server) }
            }
        } catch {
            await stop()
            throw error
        }
    }

    /// Questions from now on are answered by this policy. Its addresses stay those of the first one.
    func serve(_ policy: LoadedPolicy, accessLog: AccessLog?) {
        let listener = Self.listener(of: policy)
        state.withLockedValue { $0.decider }?.replace(
            with: policy.routing(at: listener, 0, policy.pages),
            at: listener,
            accessLog: accessLog
        )
    }

    func stop() async {
        let servers = state.withLockedValue { state in
            defer { state.servers = [] }
            return state.servers
        }
        for server in servers { await server.stop() }
    }

    private static func listener(of policy: LoadedPolicy) -> ListenerSettings {
        policy.plan.listeners.first ?? ListenerSettings(host: "127.0.0.1", port: 9_191)
    }
}
