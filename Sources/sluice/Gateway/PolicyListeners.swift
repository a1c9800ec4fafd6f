internal import Free
internal import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
internal import L402
internal import MPP
internal import Standard

/// What a policy is served at: its own listeners, and those of what the gateway serves itself.
struct PolicyListeners {
    let policy: LoadedPolicy
    /// What is served beside the plan's own listeners.
    let extraServices: [LocalService]

    private var plan: Plan { policy.plan }

    /// The words of the schemes that a route takes.
    private var schemes: Set<String> {
        Set(plan.routes.flatMap(\.route.stages).compactMap { $0 as? any StagePlugin }.flatMap(\.sales).map(\.scheme))
    }

    /// Makes the keys that are not there yet.
    ///
    /// - Throws: `StartFailure` that names the file.
    func prepare() throws {
        if schemes.contains(L402Scheme.word) { try L402Scheme.prepare(dataFolder: policy.dataFolder) }
        if schemes.contains(MPPScheme.word) { try MPPScheme.prepare(dataFolder: policy.dataFolder) }
        try WorkScheme.prepare(dataFolder: policy.dataFolder)
    }

    /// The plan's own, with these settings.
    func open(_ settings: [ListenerSettings]) -> [GatewayServer.Listener] {
        let pages = pages
        return settings.map { listener in
            let routing = OwnRoutes(pages, offersDiscovery: listener.offersDiscovery, before: plan)
            return GatewayServer.Listener(listener, routing: routing)
        }
    }

    /// What the gateway serves itself. It has a server of its own, on one event loop, which is open before the plan's
    /// listeners are and drains after them, and whose requests are not in the access log.
    func local(_ admin: AdminStage) -> [GatewayServer.Listener] {
        let admin = plan.admin.map { LocalService(listener: $0, route: Route(name: "admin", stages: [admin])) }
        let services =
            plan.lightning.localServices + plan.store.localServices + extraServices + [admin].compactMap { $0 }
        return services.map { GatewayServer.Listener($0.listener, routing: SingleRoute($0.route)) }
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
}
