internal import GatewayKit

/// When a running gateway takes up a changed policy by itself, and what it does not take up without being told so.
package struct ReloadSettings: Sendable, Hashable {
    /// Looks for changes of every file that was read.
    package var watches = true
    /// What no reload does unless it is allowed to: make a paid request free, lower its price by more than `factor`,
    /// or give more of it away by more than that.
    package var guardsMoney = true
    /// A price may fall to this part of itself: 2 is the half.
    package var factor = 2

    /// What `reload` says: `{ watch: true, guard: money, factor: 2 }`, each with a default.
    static func one(from entry: PolicyNode.Entry?, run: LoadingRun) -> ReloadSettings {
        var reload = ReloadSettings()
        guard let entry else { return reload }
        var settings = run.reader(for: entry.value, word: entry.key)
        defer { settings.finish() }
        reload.watches = settings.flag("watch", or: reload.watches)
        reload.guardsMoney = settings.choice("guard", of: ["money", "off"], or: "money") == "money"
        reload.factor = settings.integer("factor", in: 1...1_000_000, or: reload.factor)
        return reload
    }
}
