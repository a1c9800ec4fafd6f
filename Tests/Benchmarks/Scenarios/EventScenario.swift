internal import Foundation

/// What open streams of server-sent events cost: memory each, and processor time an event.
struct EventScenario: Scenario {
    private static let streams = 1_000

    let title = "SSE, 1,000 open streams of 20 events of 100 bytes a second"

    func measure(_ program: Program, on bench: Workbench) throws -> Sample {
        // Both ends of each stream are in this process.
        guard bench.openFiles >= Self.streams * 2 + 200 else {
            throw BenchFailure("needs a limit of \(Self.streams * 2 + 200) open files, not \(bench.openFiles)")
        }
        let upstream = try EventUpstream()
        defer { upstream.stop() }
        return try bench.start(program, for: Duty(upstream: .own(port: upstream.port))).whileRunning { gateway in
            let base = gateway.process.usage.memory
            let readers = try EventReaders(count: Self.streams, port: gateway.port)
            defer { readers.close() }
            try readers.waitForFirst(within: .seconds(15))
            try readers.read(for: .seconds(1))

            let (sent, received) = (upstream.sent, readers.events)
            let before = gateway.process.usage
            let time = try ContinuousClock().measure { try readers.read(for: .seconds(bench.seconds)) }
            let after = gateway.process.usage
            let events = readers.events - received
            guard Double(events) > 0.9 * Double(upstream.sent - sent), events > 0 else {
                throw BenchFailure("only \(events) of \(upstream.sent - sent) events came through in time")
            }
            return [
                .cpuPerEvent: (after.processor - before.processor).microseconds / Double(events),
                .eventRate: Double(events) / time.seconds,
                .memoryPerStream: (after.memory - base).kibibytes / Double(Self.streams),
            ]
        }
    }
}
