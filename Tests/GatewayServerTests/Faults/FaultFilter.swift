import GatewayKit
import NIOCore

/// Lets a response pass as it is, in the way that the run says; settled once like a stage.
final class FaultFilter: ResponseFilter {
    /// Parts that are held; the others pass, so that a large body ends in time.
    private static let mostHeld = 4

    private let run: FaultRun
    private let ledger: FaultLedger
    private let eventLoop: any EventLoop
    private var held = 0
    private var settlements = 0
    private var isOwed = false

    init(_ run: FaultRun, _ ledger: FaultLedger, _ eventLoop: any EventLoop) {
        self.run = run
        self.ledger = ledger
        self.eventLoop = eventLoop
    }

    deinit {
        if settlements != 1 { ledger.fail("its filter was settled \(settlements) times", in: run) }
    }

    var keepsLength: Bool { run.filter == .passes }

    func passage(of part: ByteBuffer, to outlet: any ResponseOutlet) -> Eventually<ByteBuffer> {
        if isOwed || settlements > 0 { ledger.fail("its filter was asked before it had answered", in: run) }
        switch run.filter {
        case .none, .passes: return .now(part)
        case .delays: return later(part, after: .zero)
        case .holds:
            guard held < Self.mostHeld else { return .now(part) }
            held += 1
            var rest = part
            if let half = rest.readSlice(length: part.readableBytes / 2) { outlet.send(half) }
            return later(rest, after: .milliseconds(run.delay))
        }
    }

    private func later(_ bytes: ByteBuffer, after time: TimeAmount) -> Eventually<ByteBuffer> {
        isOwed = true
        let answer = eventLoop.scheduleTask(in: time) { bytes }.futureResult
        answer.assumeIsolated().whenComplete { _ in self.isOwed = false }
        return .later(answer)
    }

    func settle(as outcome: Outcome) { settlements += 1 }
}
