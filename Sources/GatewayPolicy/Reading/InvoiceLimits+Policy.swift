internal import GatewayKit

extension InvoiceLimits {
    /// What `invoices` says: `{ per-client: 500, open: 20000, at-once: 256 }`, each with a default.
    static func one(from entry: PolicyNode.Entry?, run: LoadingRun) -> InvoiceLimits {
        var limits = InvoiceLimits()
        guard let entry else { return limits }
        var settings = run.reader(for: entry.value, word: entry.key)
        defer { settings.finish() }
        limits.perClient = settings.integer("per-client", in: 1...1_000_000, or: limits.perClient)
        // A store in memory keeps so many.
        limits.open = settings.integer("open", in: 1...100_000, or: limits.open)
        limits.atOnce = settings.integer("at-once", in: 1...10_000, or: limits.atOnce)
        return limits
    }
}
