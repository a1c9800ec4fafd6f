import Foundation
import GatewayKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct `The books of sessions` {
    @Test func `balance, whatever clients, node, store and process do`() async throws {
        // They mostly wait, so they do that together.
        try await withThrowingTaskGroup { group in
            for seed in [UInt64.random(in: .min ... .max), 1] {
                group.addTask { try await Self.lives(seed) }
            }
            try await group.waitForAll()
        }
    }

    private static func lives(_ seed: UInt64) async throws {
        print("seed of the sessions: \(seed)")
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let trial = BookTrial(seed: seed, folder: folder)
        for _ in 0..<10 {
            let life = try await trial.begin(failures: 3, isSudden: trial.dice.falls(50))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<25 { try await trial.step(in: life) }
                    }
                }
                try await group.waitForAll()
            }
            await trial.end(life)
            let next = try await trial.begin(failures: 0)
            try await trial.check(next, isOver: false)
            await trial.end(next)
        }
        let last = try await trial.begin(failures: 0)
        try await trial.end(in: last)
        try await trial.check(last, isOver: true)
        await trial.end(last)
        let told = trial.told
        // Otherwise it is no trial; far below what any seed gives, some of which give three times the others.
        #expect(told[.served(true), default: 0] > 50, "\(told)")
        #expect(told[.answered(#"{"status":"ok"}"#), default: 0] > 5, "\(told)")
        #expect(trial.streamed > 10)
    }
}
