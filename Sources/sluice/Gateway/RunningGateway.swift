internal import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
package import NIOCore

/// A gateway whose listeners are open.
package final class RunningGateway: Sendable {
    private let server: RunningServer
    private let local: RunningServer
    private let readiness: Readiness
    private let accessLog: AccessLog?
    private let plan: Plan
    private let parts: SharedParts
    private let followers: Task<Void, Never>

    /// - Parameter local: what the gateway serves itself, its operator's listener among it.
    init(
        server: RunningServer,
        local: RunningServer,
        readiness: Readiness,
        accessLog: AccessLog?,
        plan: Plan,
        parts: SharedParts,
        followers: Task<Void, Never>
    ) {
        self.server = server
        self.local = local
        self.readiness = readiness
        self.accessLog = accessLog
        self.plan = plan
        self.parts = parts
        self.followers = followers
    }

    /// The plan's listeners first, then those of the services beside it, then `admin`.
    package var addresses: [SocketAddress] { server.addresses + local.addresses }

    /// Goes on in a new access log, and serves certificates that have changed: what SIGHUP asks for.
    package func refresh() {
        accessLog?.reopen()
        server.checkCertificates()
    }

    /// Lets exchanges end, then writes out what is still to be written. What the gateway serves itself, and above all that
    /// it is not ready, can be asked for until the last of the plan's exchanges has ended.
    package func stop() async {
        readiness.note(.draining)
        await server.drain()
        await local.drain()
        followers.cancel()
        await followers.value
        for part in parts.all { await part.stop() }
        await plan.lightning.stop()
        await plan.store.stop()
        accessLog?.stop()
    }
}
