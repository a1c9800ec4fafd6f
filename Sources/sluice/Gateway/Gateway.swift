package import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
internal import L402
internal import Logging
package import NIOCore
internal import NIOPosix

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
        try await plan.store.start()
        do {
            try L402Scheme.prepare(dataFolder: policy.dataFolder)
            let position = try await followOnce(after: 0)
            try await plan.lightning.start()
            do {
                return try await listen(on: group, revocationsAfter: position)
            } catch {
                await plan.lightning.stop()
                throw error
            }
        } catch {
            await plan.store.stop()
            throw error
        }
    }

    private func listen(on group: any EventLoopGroup, revocationsAfter position: Int64) async throws -> RunningGateway {
        let services = plan.lightning.localServices + plan.store.localServices + extraServices
        let listeners =
            plan.listeners.map { GatewayServer.Listener($0, routing: plan) }
            + services.map { GatewayServer.Listener($0.listener, routing: SingleRoute($0.route)) }
        let server = GatewayServer(
            listeners: listeners,
            group: group,
            time: policy.time,
            logger: logger,
            drainTimeout: drainTimeout
        )
        let running = try await server.start()
        let followers = Task {
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await self.followRevocations(after: position) }
                tasks.addTask { await self.followSettlements() }
            }
        }
        return RunningGateway(server: running, plan: plan, followers: followers)
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

    private func cursor() async throws -> SettlementCursor? {
        guard let value = try await plan.store.value(for: Self.cursorKey) else {
            return SettlementCursor(position: 0)
        }
        return UInt64(String(decoding: value, as: UTF8.self)).map(SettlementCursor.init(position:))
    }
}

/// A gateway whose listeners are open.
package final class RunningGateway: Sendable {
    private let server: RunningServer
    private let plan: Plan
    private let followers: Task<Void, Never>

    fileprivate init(server: RunningServer, plan: Plan, followers: Task<Void, Never>) {
        self.server = server
        self.plan = plan
        self.followers = followers
    }

    /// The plan's listeners first, then those of the services beside it.
    package var addresses: [SocketAddress] { server.addresses }

    /// Lets exchanges end, then writes out what is still to be written.
    package func stop() async {
        await server.drain()
        followers.cancel()
        await followers.value
        await plan.lightning.stop()
        await plan.store.stop()
    }
}
