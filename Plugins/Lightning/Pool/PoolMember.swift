package import GatewayKit

/// One node of a pool.
package struct PoolMember: Sendable {
    package let name: String
    /// Of which kind it is and where: how far the settlements of a node were followed means nothing to another one of its name.
    let place: String
    /// Whether the place tells it from all others of its kind.
    var hasAddress: Bool { place.contains(" ") }
    package let backend: any LightningBackend
    /// How often it is chosen, compared with the others, where the pool chooses by weight.
    package let weight: Int
    /// It makes no more invoices on a day (UTC) on which that much has arrived; `nil`: always. What is open then may still
    /// arrive.
    package let dailyLimit: Amount?
    /// Makes invoices only where a route names it.
    package let isNamedOnly: Bool

    package init(
        _ name: String,
        at place: String = "",
        _ backend: any LightningBackend,
        weight: Int = 1,
        dailyLimit: Amount? = nil,
        isNamedOnly: Bool = false
    ) {
        self.name = name
        self.place = place
        self.backend = backend
        self.weight = weight
        self.dailyLimit = dailyLimit
        self.isNamedOnly = isNamedOnly
    }
}
