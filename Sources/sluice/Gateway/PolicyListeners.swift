internal import GatewayKit
internal import GatewayPolicy
internal import GatewayServer

/// What a policy is served at: its own listeners, and those of what the gateway serves itself.
struct PolicyListeners {
    let policy: LoadedPolicy
    /// What is served beside the plan's own listeners.
    let extraServices: [LocalService]
    /// Decides for other proxies, in place of the plan's listeners.
    let authorizer: Authorizer?

    private var plan: Plan { policy.plan }

    /// The plan's own, with these settings.
    func open(_ settings: [ListenerSettings]) -> [GatewayServer.Listener] {
        if let authorizer { return authorizer.listeners }
        let pages = policy.pages
        return settings.enumerated().map { index, listener in
            GatewayServer.Listener(listener, routing: policy.routing(at: listener, index, pages))
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
}
