import NIOConcurrencyHelpers

/// What came of all runs. May be used from any thread.
final class FaultLedger: Sendable {
    struct State: Sendable {
        var failures: [String] = []
        /// Whole answers by their status.
        var answers: [Int: Int] = [:]
        var runs = 0
        var cleanRuns = 0
        var admitted = 0
        var settled = 0
        var outcomes: [String: Int] = [:]
        var liveExchanges = 0
        /// Connections of the upstreams.
        var livePeers = 0
    }

    private let state = NIOLockedValueBox(State())

    var value: State { state.withLockedValue { $0 } }

    func update(_ change: (inout State) -> Void) {
        state.withLockedValue { change(&$0) }
    }

    func fail(_ reason: String, in run: FaultRun?) {
        update {
            // The first are enough to know what is wrong.
            guard $0.failures.count < 20 else { return }
            $0.failures.append("\(reason); \(run.map { "\($0)" } ?? "")")
        }
    }
}
