import GatewayKit
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore

/// Counts what it admits and settles, and how many of its exchanges are still there.
struct ProbingStage: Stage {
    let ledger: FaultLedger

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        exchange[SettlementMark.self] = SettlementMark(exchange.request.path, ledger)
        return .now(.next)
    }

    func settle(_ exchange: Exchange, as outcome: Outcome) {
        exchange[SettlementMark.self]?.settle(outcome)
    }
}

/// Lives as long as its exchange.
private final class SettlementMark: Sendable {
    private let path: String
    private let ledger: FaultLedger
    private let count = NIOLockedValueBox(0)

    init(_ path: String, _ ledger: FaultLedger) {
        self.path = path
        self.ledger = ledger
        ledger.update {
            $0.admitted += 1
            $0.liveExchanges += 1
        }
    }

    func settle(_ outcome: Outcome) {
        let count = count.withLockedValue { count in
            count += 1
            return count
        }
        ledger.update {
            $0.settled += 1
            $0.outcomes["\(outcome.end)", default: 0] += 1
        }
        if count > 1 { ledger.fail("\(path) was settled \(count) times", in: nil) }
    }

    deinit {
        if count.withLockedValue({ $0 }) == 0 { ledger.fail("\(path) was never settled", in: nil) }
        ledger.update { $0.liveExchanges -= 1 }
    }
}

/// Decides as the run says that a request belongs to.
struct FaultStage: Stage {
    static let reply = "replied"

    let seed: UInt64
    let upstreams: FaultUpstreams
    let ledger: FaultLedger

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        guard let path = FaultPath(exchange.request.path) else {
            return .now(.reply(Reply(.notFound, detail: "of no run")))
        }
        let run = FaultRun(seed: seed, number: path.number)
        if run.filter != .none {
            exchange.addResponseFilter(FaultFilter(run, ledger, exchange.eventLoop))
        }
        let upstream = upstreams.upstream(of: run)
        switch run.decision {
        case .forwards: return .now(.forward(upstream))
        case .replies: return .now(.reply(.text(Self.reply)))
        case .forwardsCollected: return exchange.body(upTo: .kibibytes(1024)).map { _ in .forward(upstream) }
        case .forwardsLater:
            let decided = exchange.eventLoop.scheduleTask(in: .milliseconds(run.delay)) {
                Decision.forward(upstream)
            }
            return .later(decided.futureResult)
        }
    }
}
