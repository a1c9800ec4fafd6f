import NIOCore

/// What the client of one run got. Belongs to its event loop.
final class FaultReport {
    let run: FaultRun
    private let ledger: FaultLedger
    private(set) var whole = 0
    private(set) var statuses: [Int] = []

    init(_ run: FaultRun, _ ledger: FaultLedger) {
        self.run = run
        self.ledger = ledger
    }

    /// An answer came that says of itself that it is whole.
    func answered(_ index: Int, status: Int, _ body: ByteBuffer) {
        whole += 1
        statuses.append(status)
        ledger.update { $0.answers[status, default: 0] += 1 }
        guard status == 200, run.hasExactResponse else { return }
        let expected = FaultBody.response(run, index)
        if body != expected {
            fail("answer \(index) has \(body.readableBytes) bytes that are not the \(expected.readableBytes) sent")
        }
    }

    func fail(_ reason: String) {
        ledger.fail(reason, in: run)
    }

    func ended() {
        ledger.update {
            $0.runs += 1
            if run.isClean { $0.cleanRuns += 1 }
        }
        if run.isClean, statuses != Array(repeating: 200, count: run.requestCount) {
            fail("nothing went wrong, and the answers are \(statuses)")
        }
    }
}
