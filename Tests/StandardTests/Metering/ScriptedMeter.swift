import GatewayKit
import NIOConcurrencyHelpers

/// A pricer and meter that does what it is told, and remembers what it was told.
final class ScriptedMeter: Pricer, UsageMeter {
    private struct State {
        var reports = [MeteredUsage]()
        var booked = [Bytes32: Int]()
    }

    let name = "scripted"
    let verdict: @Sendable (MeterAccount) throws -> MeterVerdict
    /// What a request has cost; called for each report.
    let cost: @Sendable (MeteredUsage) throws -> MeteredCost
    private let state = NIOLockedValueBox(State())

    init(
        verdict: @escaping @Sendable (MeterAccount) throws -> MeterVerdict = { _ in .allowed(MeterGrant(reserved: 1)) },
        cost: @escaping @Sendable (MeteredUsage) throws -> MeteredCost = { _ in .booked }
    ) {
        self.verdict = verdict
        self.cost = cost
    }

    /// All that came, those that failed included.
    var reports: [MeteredUsage] { state.withLockedValue { $0.reports } }
    /// How often each reservation was booked.
    var booked: [Bytes32: Int] { state.withLockedValue { $0.booked } }

    func price(of exchange: Exchange) -> Eventually<Amount> { .now(Amount(millisatoshis: 10_000)) }
    var meter: (any UsageMeter)? { self }

    func admit(_ account: MeterAccount, in exchange: Exchange) throws -> Eventually<MeterVerdict> {
        .now(try verdict(account))
    }

    func cost(of usage: MeteredUsage) async throws -> MeteredCost {
        state.withLockedValue { $0.reports.append(usage) }
        let cost = try cost(usage)
        state.withLockedValue { $0.booked[usage.reservation.id, default: 0] += 1 }
        return cost
    }
}
