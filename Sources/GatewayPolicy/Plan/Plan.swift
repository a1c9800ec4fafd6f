package import GatewayKit

/// All that a policy says, checked: an immutable value, replaced as a whole. A request finishes on the plan that it
/// started with.
package final class Plan: Routing, Sendable {
    package let listeners: [ListenerSettings]
    /// Where the gateway answers its operator; `nil`: nowhere.
    package let admin: ListenerSettings?
    /// `nil`: requests are not written down.
    package let accessLog: AccessLogSettings?
    package let reload: ReloadSettings
    package let invoices: InvoiceLimits
    /// Not started, unless it is that of the plan before.
    package let store: any Store
    /// Not started, unless it is that of the plan before.
    package let lightning: any LightningBackend
    /// Of which kind that is and where, as the policy says: another node has another one.
    package let lightningName: String
    /// Not started, unless they are those of the plan before.
    package let rates: any ExchangeRates
    /// In the order of the policy.
    package let routes: [PlannedRoute]
    /// In the order of the policy.
    package let upstreams: [Upstream]
    /// Every policy file that was read, in the order of reading: what a reload watches.
    package let files: [String]
    /// What is odd but works; sorted by file, line and column.
    package let warnings: [PolicyMistake]
    /// What stands beside the routes and pipelines, and where each part of that comes from.
    let settings: [PolicyNode.Entry]
    /// What is never printed.
    let secrets: Set<String>
    let storeSettings: WrittenSettings
    let lightningSettings: WrittenSettings
    let ratesSettings: WrittenSettings
    private let table: PlanRoutes
    /// Of the listeners that have defaults of their own, by their index in `listeners`.
    private let listenerTables: [Int: PlanRoutes]
    let listenerRoutes: [Int: [PlannedRoute]]

    init(
        listeners: [ListenerSettings],
        admin: ListenerSettings?,
        accessLog: AccessLogSettings?,
        reload: ReloadSettings,
        invoices: InvoiceLimits,
        store: any Store,
        storeSettings: WrittenSettings,
        lightning: any LightningBackend,
        lightningName: String,
        lightningSettings: WrittenSettings,
        rates: any ExchangeRates,
        ratesSettings: WrittenSettings,
        routes: [PlannedRoute],
        upstreams: [Upstream],
        listenerRoutes: [Int: [PlannedRoute]],
        files: [String],
        warnings: [PolicyMistake],
        settings: [PolicyNode.Entry],
        secrets: Set<String>
    ) {
        self.listeners = listeners
        self.admin = admin
        self.accessLog = accessLog
        self.reload = reload
        self.invoices = invoices
        self.store = store
        self.storeSettings = storeSettings
        self.lightning = lightning
        self.lightningName = lightningName
        self.lightningSettings = lightningSettings
        self.rates = rates
        self.ratesSettings = ratesSettings
        self.routes = routes
        self.upstreams = upstreams
        self.files = files
        self.warnings = warnings
        self.settings = settings
        self.secrets = secrets
        table = PlanRoutes(routes)
        self.listenerRoutes = listenerRoutes
        listenerTables = listenerRoutes.mapValues { PlanRoutes($0) }
    }

    /// True where some route takes deposits, whose rest the node pays back.
    package var sellsSessions: Bool {
        ([routes] + listenerRoutes.values).joined().contains { route in
            route.offer?.intents.contains { $0.intent == "session" } ?? false
        }
    }

    /// True where the rates of the other plan go on in this one.
    package func sharesRates(with other: Plan) -> Bool { ratesSettings == other.ratesSettings }

    package func route(for request: RequestHead) -> Route? {
        table.route(for: request)
    }

    /// The routes of what comes by one of the listeners: the plan's own, unless it has defaults.
    ///
    /// - Parameter index: in `listeners`.
    package func routing(ofListener index: Int) -> any Routing {
        listenerTables[index] ?? self as any Routing
    }
}
