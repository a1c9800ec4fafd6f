internal import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
package import NIOCore

/// A gateway whose listeners are open.
package final class RunningGateway: Sendable {
    private let server: RunningServer
    private let authorizer: Authorizer?
    private let local: RunningServer
    private let readiness: Readiness
    /// Takes up changed policies.
    package let reload: GatewayReload
    private let followers: Task<Void, Never>

    /// - Parameter local: what the gateway serves itself, its operator's listener among it.
    init(
        server: RunningServer,
        authorizer: Authorizer?,
        local: RunningServer,
        readiness: Readiness,
        reload: GatewayReload,
        followers: Task<Void, Never>
    ) {
        self.server = server
        self.authorizer = authorizer
        self.local = local
        self.readiness = readiness
        self.reload = reload
        self.followers = followers
    }

    /// The plan's listeners first, then those of the services beside it, then `admin`.
    package var addresses: [SocketAddress] {
        (authorizer?.addresses ?? []) + server.addresses + local.addresses
    }

    /// Goes on in a new access log, and serves certificates that have changed: what SIGHUP asks for, beside a reload.
    package func refresh() async {
        await reload.accessLog?.reopen()
        server.checkCertificates()
    }

    /// Lets exchanges end, then writes out what is still to be written. What the gateway serves itself, and above all that
    /// it is not ready, can be asked for until the last of the plan's exchanges has ended.
    package func stop() async {
        readiness.note(.draining)
        await authorizer?.stop()
        await server.drain()
        await local.drain()
        followers.cancel()
        await followers.value
        let policy = await reload.policy
        for part in policy.parts.all { await part.stop() }
        await policy.plan.rates.stop()
        await policy.plan.lightning.stop()
        await policy.plan.store.stop()
        await reload.accessLog?.stop()
    }
}
