package import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
internal import Logging
package import NIOCore
internal import NIOPosix

/// A plan, put to work: store and node started, listeners open, ledger and revocations followed.
package final class Gateway: Sendable {
    private let policy: LoadedPolicy
    private let extraServices: [LocalService]
    private let drainTimeout: Duration
    private let authorizer: Authorizer?

    private var plan: Plan { policy.plan }
    private var served: PolicyListeners {
        PolicyListeners(policy: policy, extraServices: extraServices, authorizer: authorizer)
    }
    private var logger: Logger { policy.logger }

    /// - Parameters:
    ///   - extraServices: what is served beside the plan's own listeners.
    ///   - drainTimeout: how long exchanges may go on once the gateway is told to stop.
    ///   - authorizer: has the policy decide for other proxies, in place of serving its listeners.
    package init(
        _ policy: LoadedPolicy,
        extraServices: [LocalService] = [],
        drainTimeout: Duration = .seconds(10),
        authorizer: Authorizer? = nil
    ) {
        self.authorizer = authorizer
        self.policy = policy
        self.extraServices = extraServices
        self.drainTimeout = drainTimeout
    }

    /// - Throws: `StartFailure` in one line for the operator; nothing is left open then.
    package func start(on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) async throws
        -> RunningGateway
    {
        let fileLimit = OpenFileLimit.raised()
        policy.invoiceBudget.limits = plan.invoices
        try await plan.store.start()
        do {
            try policy.prepareKeys()
            let position = try await followOnce(after: 0)
            try await plan.lightning.start()
            do {
                try await plan.rates.start()
                for part in policy.parts.all { try await part.start() }
                let listeners = fileLimit?.fitting(plan.listeners) ?? plan.listeners
                let running = try await listen(at: listeners, within: fileLimit, on: group, revocationsAfter: position)
                // Not before: a failure to start is told in one line.
                if let fileLimit { report(fileLimit, listeners) }
                return running
            } catch {
                for part in policy.parts.all { await part.stop() }
                await plan.rates.stop()
                await plan.lightning.stop()
                throw error
            }
        } catch {
            await plan.store.stop()
            throw error
        }
    }

    private func listen(
        at listeners: [ListenerSettings],
        within fileLimit: OpenFileLimit?,
        on group: any EventLoopGroup,
        revocationsAfter position: Int64
    ) async throws -> RunningGateway {
        let accessLog = try plan.accessLog.map { try AccessLog($0, time: policy.time, logger: logger) }
        do {
            let readiness = Readiness()
            let reload = GatewayReload(policy)
            // Nobody could ask for them without an operator's listener.
            let decisions = plan.admin.map { _ in RecentDecisions() }
            let admin = AdminStage(readiness, reload, decisions)
            let local = try await server(of: served.local(admin), on: group.next()).start()
            do {
                try await authorizer?.start(policy, on: group, accessLog: accessLog, decisions)
                let server = try await server(of: served.open(listeners), on: group, accessLog: accessLog, decisions)
                    .start()
                let serving = GatewayReload.Serving(
                    server: server,
                    local: local,
                    admin: admin,
                    extraServices: extraServices,
                    authorizer: authorizer,
                    fileLimit: fileLimit
                )
                await reload.begin(serving, accessLog: accessLog)
                readiness.note(.ready)
                return RunningGateway(
                    server: server,
                    authorizer: authorizer,
                    local: local,
                    readiness: readiness,
                    reload: reload,
                    followers: followers(server, reload, revocationsAfter: position)
                )
            } catch {
                await authorizer?.stop()
                await local.drain()
                throw error
            }
        } catch {
            accessLog?.stop()
            throw error
        }
    }

    private func server(
        of listeners: [GatewayServer.Listener],
        on group: any EventLoopGroup,
        accessLog: AccessLog? = nil,
        _ decisions: RecentDecisions? = nil
    ) -> GatewayServer {
        GatewayServer(
            listeners: listeners,
            group: group,
            dataFolder: policy.dataFolder,
            accessLog: accessLog,
            decisions: decisions,
            time: policy.time,
            logger: logger,
            drainTimeout: drainTimeout
        )
    }

    // MARK: The process

    private func report(_ limit: OpenFileLimit, _ listeners: [ListenerSettings]) {
        let connections = listeners.map { "\($0.address): \($0.maxConnections ?? ListenerSettings.usualConnections)" }
        logger.info(
            "open files",
            metadata: ["limit": "\(limit)", "max-connections": .array(connections.map { .string($0) })]
        )
        if let warning = limit.warning(for: plan.listeners) {
            logger.warning("\(warning)")
        }
    }

    private func followers(
        _ server: RunningServer,
        _ reload: GatewayReload,
        revocationsAfter position: Int64
    ) -> Task<Void, Never> {
        Task {
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await self.followRevocations(after: position) }
                tasks.addTask { await SettlementFollower(self.policy).follow() }
                tasks.addTask { await Self.followCertificates(of: server) }
                tasks.addTask { await PolicyWatch(reload).follow() }
            }
        }
    }

    // MARK: Following

    private func followOnce(after position: Int64) async throws -> Int64 {
        let news = try await plan.store.revocations(after: position)
        policy.revocations.insert(news.credentials)
        return news.position
    }

    private func followRevocations(after position: Int64) async {
        var position = position
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            do {
                position = try await followOnce(after: position)
            } catch {
                logger.error("cannot follow the revocations", metadata: ["error": "\(error)"])
            }
        }
    }

    private static func followCertificates(of server: RunningServer) async {
        while (try? await Task.sleep(for: .seconds(60))) != nil {
            server.checkCertificates()
        }
    }
}
