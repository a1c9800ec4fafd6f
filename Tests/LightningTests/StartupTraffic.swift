/// What a node was asked, and what it told.
struct StartupTraffic: Hashable, Sendable {
    var calls = 0
    var invoices = 0
    var bytes = 0

    /// An answer over HTTP, in JSON.
    mutating func note(_ body: String) {
        calls += 1
        invoices += body.matches(of: /payment_?[Hh]ash"/).count
        bytes += body.utf8.count
    }
}
