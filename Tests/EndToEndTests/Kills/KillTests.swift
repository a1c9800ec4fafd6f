import Foundation
import LightningTesting
import Testing

struct KillTests {
    /// `SLUICE_KILLS=200` for the long run, which also waits a minute for what dead processes have taken.
    private static let asked = ProcessInfo.processInfo.environment["SLUICE_KILLS"].flatMap { Int($0) }
    /// That buy; another one has sessions.
    private static let clients = 4

    private enum Blow: CaseIterable {
        case gateway, node, both
    }

    @Test(.timeLimit(.minutes(20)))
    func `killing the process, its lnd and both while clients pay loses no payment and takes none twice`() async throws
    {
        let seed = UInt64.random(in: .min ... .max)
        print("seed of the kills: \(seed)")
        try await KillTrial.with(seed: seed) { trial in
            let count = Self.asked ?? 6
            let survivor = try await Self.strike(count, trial)
            try await trial.kill(survivor)
            try await trial.noteBooked()
            let last = try await trial.begin()
            try await trial.closeSessions()
            try await trial.presentAll(waitsOut: Self.asked != nil)
            let books = try await trial.untilBooked()
            let status = try await trial.stop(last)
            #expect(status == 0)
            let findings = try await trial.ledgerFindings()
            #expect(findings == "")
            #expect(trial.faults(of: books) == [])
            // Otherwise it is no trial.
            #expect(books.served.count + books.tokens.count > count)
            print(trial.summary(of: books))
        }
    }

    /// Has clients buy, and strikes so often.
    ///
    /// - Returns: the gateway that is left.
    private static func strike(_ count: Int, _ trial: KillTrial) async throws -> ServingSluice {
        try await withThrowingTaskGroup(of: Void.self) { group -> ServingSluice in
            var sluice = try await trial.begin()
            try await trial.untilFollowed()
            for _ in 0..<clients {
                group.addTask { await trial.buy() }
            }
            group.addTask { await trial.spend() }
            // Each kind as often as any other, in an order of chance.
            var blows = [Blow]()
            for _ in 0..<count {
                if blows.isEmpty { blows = Blow.allCases }
                let blow = blows.remove(at: trial.dice.number(in: 0..<blows.count))
                await trial.untilFinished(trial.dice.number(in: 1..<4))
                try await trial.wait(upTo: .milliseconds(20))
                if blow != .gateway { await trial.node.stop() }
                if blow == .node {
                    try await trial.wait(upTo: .milliseconds(200))
                } else {
                    try await trial.kill(sluice)
                    if trial.dice.falls(25) { try await trial.noteBooked() }
                    sluice = try await trial.begin()
                }
                if blow != .gateway { try await trial.node.start() }
            }
            trial.close()
            try await group.waitForAll()
            return sluice
        }
    }
}
