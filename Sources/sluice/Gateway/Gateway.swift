internal import Free
package import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
internal import L402
internal import Logging
internal import MPP
package import NIOCore
internal import NIOPosix
internal import Standard

/// A plan, put to work: store and node started, listeners open, ledger and revocations followed.
package final class Gateway: Sendable {
    private let policy: LoadedPolicy
    private let extraServices: [LocalService]
    private let drainTimeout: Duration

    private var plan: Plan { policy.plan }
    private var logger: Logger { policy.logger }

    /// - Parameters:
    ///   - extraServices: what is served beside the plan's own listeners.
    ///   - drainTimeout: how long exchanges may go on once the gateway is told to stop.
    package init(_ policy: LoadedPolicy, extraServices: [LocalService] = [], drainTimeout: Duration = .seconds(10)) {
        self.policy = policy
        self.extraServices = extraServices
        self.drainTimeout = drainTimeout
    }

    /// - Throws: `StartFailure` in one line for the operator; nothing is left open then.
    package func start(on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) async throws
        -> RunningGateway
    {
        let fileLimit = OpenFileLimit.raised()
        try await plan.store.start()
        do {
            if schemes.contains(L402Scheme.word) { try L402Scheme.prepare(dataFolder: policy.dataFolder) }
            if schemes.contains(MPPScheme.word) { try MPPScheme.prepare(dataFolder: policy.dataFolder) }
            try WorkScheme.prepare(dataFolder: policy.dataFolder)
            let position = try await followOnce(after: 0)
            try await plan.lightning.start()
            do {
                for part in policy.parts.all { try await part.start() }
                let listeners = fileLimit?.fitting(plan.listeners) ?? plan.listeners
                let running = try await listen(at: listeners, on: group, revocationsAfter: position)
                // Not before: a failure to start is told in one line.
                if let fileLimit { report(fileLimit, listeners) }
                return running
            } catch {
                for part in policy.parts.all { await part.stop() }
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
        on group: any EventLoopGroup,
        revocationsAfter position: Int64
    ) async throws -> RunningGateway {
        let accessLog = try plan.accessLog.map { try AccessLog($0, time: policy.time, logger: logger) }
        do {
            let readiness = Readiness()
            let local = try await server(of: localListeners(readiness), on: group.next(), accessLog: nil).start()
            do {
                let pages = pages
                let open = listeners.map { listener in
                    let routing = OwnRoutes(pages, offersDiscovery: listener.offersDiscovery, before: plan)
                    return GatewayServer.Listener(listener, routing: routing)
                }
                let server = try await server(of: open, on: group, accessLog: accessLog).start()
                readiness.note(.ready)
                return RunningGateway(
                    server: server,
                    local: local,
                    readiness: readiness,
                    accessLog: accessLog,
                    plan: plan,
                    parts: policy.parts,
                    followers: followers(server, revocationsAfter: position)
                )
            } catch {
                await local.drain()
                throw error
            }
        } catch {
            accessLog?.stop()
            throw error
        }
    }

    /// The words of the schemes that a route takes.
    private var schemes: Set<String> {
        Set(plan.routes.flatMap(\.route.stages).compactMap { $0 as? any StagePlugin }.flatMap(\.sales).map(\.scheme))
    }

    /// Where the payment pages of the plan's routes ask; `nil` where there can be none.
    private var pages: PagePaymentStage? {
        var gates = [any PageGate]()
        if schemes.contains(L402Scheme.word) { gates.append(L402PageGate(dataFolder: policy.dataFolder)) }
        if schemes.contains(MPPScheme.word) { gates.append(MPPPageGate(dataFolder: policy.dataFolder)) }
        guard !gates.isEmpty else { return nil }
        return PagePaymentStage(
            gates,
            store: plan.store,
            lightning: plan.lightning,
            time: policy.time
        )
    }

    /// What the gateway serves itself. It has a server of its own, on one event loop, which is open before the plan's
    /// listeners are and drains after them, and whose requests are not in the access log.
    private func localListeners(_ readiness: Readiness) -> [GatewayServer.Listener] {
        let admin = plan.admin.map { AdminStage.service(at: $0, readiness) }
        let services =
            plan.lightning.localServices + plan.store.localServices + extraServices + [admin].compactMap { $0 }
        return services.map { GatewayServer.Listener($0.listener, routing: SingleRoute($0.route)) }
    }

    private func server(
        of listeners: [GatewayServer.Listener],
        on group: any EventLoopGroup,
        accessLog: AccessLog?
    ) -> GatewayServer {
        GatewayServer(
            listeners: listeners,
            group: group,
            dataFolder: policy.dataFolder,
            accessLog: accessLog,
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

    private func followers(_ server: RunningServer, revocationsAfter position: Int64) -> Task<Void, Never> {
        Task {
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await self.followRevocations(after: position) }
                tasks.addTask { await self.followSettlements() }
                tasks.addTask { await Self.followCertificates(of: server) }
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

    private static let cursorKey = "gateway/settlement-cursor"

    /// Marks the invoices that were paid, for the books: nothing that is sold waits for it.
    private func followSettlements() async {
        while !Task.isCancelled {
            do {
                for try await settlement in plan.lightning.settlements(since: try await cursor()) {
                    _ = try await plan.store.settle(settlement.payment, at: settlement.settledAt)
                    let position = settlement.cursor.position
                    try await plan.store.setValue(Array("\(position)".utf8), for: Self.cursorKey)
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error("cannot follow the node's settlements", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(5))
        }
    }

    private static func followCertificates(of server: RunningServer) async {
        while (try? await Task.sleep(for: .seconds(60))) != nil {
            server.checkCertificates()
        }
    }

    private func cursor() async throws -> SettlementCursor? {
        guard let value = try await plan.store.value(for: Self.cursorKey) else {
            return SettlementCursor(position: 0)
        }
        return UInt64(String(decoding: value, as: UTF8.self)).map(SettlementCursor.init(position:))
    }
}
