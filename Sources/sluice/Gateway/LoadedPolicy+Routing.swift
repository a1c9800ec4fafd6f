internal import Free
internal import GatewayKit
internal import GatewayPolicy
internal import L402
internal import MPP
internal import Standard

// What a policy is put to work with, on sockets or in a trial.
extension LoadedPolicy {
    /// The words of the schemes that a route takes, be it in shadow.
    private var schemes: Set<String> {
        Set(plan.routes.flatMap(\.route.stages).compactMap(\.plugin).flatMap(\.sales).map(\.scheme))
    }

    /// Makes the keys that its schemes need, where there are none.
    func prepareKeys() throws {
        if schemes.contains(L402Scheme.word) { try L402Scheme.prepare(dataFolder: dataFolder) }
        if schemes.contains(MPPScheme.word) { try MPPScheme.prepare(dataFolder: dataFolder) }
        try WorkScheme.prepare(dataFolder: dataFolder)
    }

    /// Where the payment pages of the plan's routes ask; `nil` where there can be none.
    var pages: PagePaymentStage? {
        var gates = [any PageGate]()
        if schemes.contains(L402Scheme.word) { gates.append(L402PageGate(dataFolder: dataFolder)) }
        if schemes.contains(MPPScheme.word) { gates.append(MPPPageGate(dataFolder: dataFolder)) }
        guard !gates.isEmpty else { return nil }
        return PagePaymentStage(
            gates,
            store: plan.store,
            lightning: plan.lightning,
            news: settlements,
            time: time,
            holds: parts.all.lazy.compactMap { $0 as? any HoldingDesk }.first
        )
    }

    /// Every route that a listener has.
    ///
    /// - Parameter index: the listener's place among those of the plan.
    func routing(at listener: ListenerSettings, _ index: Int, _ pages: PagePaymentStage?) -> any Routing {
        OwnRoutes(
            pages,
            offersDiscovery: listener.offersDiscovery,
            of: plan,
            before: plan.routing(ofListener: index)
        )
    }
}
