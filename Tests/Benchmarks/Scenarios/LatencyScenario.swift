internal import Foundation

/// What a program adds to the latency of its upstream, at half of the rate that nginx reaches.
///
/// Each measurement has its own of the upstream alone just before it, and subtracts quantile from quantile.
struct LatencyScenario: Scenario {
    let title = "HTTP/1.1, latency added at half of nginx's rate (open loop, random arrivals)"
    let goal: Goal? = Goal(metric: .addedSlow, ratio: 1.5)

    private var rate = 0.0

    mutating func prepare(on bench: Workbench) throws {
        let result = try bench.start(.nginx, for: Duty()).whileRunning { gateway in
            try WrkLoad().run(on: gateway, seconds: bench.seconds, bench: bench)
        }
        rate = result.requestsPerSecond / 2
        Progress.say("latency is measured at \(Int(rate)) requests a second")
    }

    func measure(_ program: Program, on bench: Workbench) throws -> Sample {
        let direct = try latencies(port: bench.upstreams.http, bench)
        return try bench.start(program, for: Duty()).whileRunning { gateway in
            let before = gateway.process.usage
            let result = try latencies(port: gateway.port, bench)
            let taken = gateway.process.usage.processor - before.processor
            return [
                .addedMedian: (result.median - direct.median).microseconds,
                .addedSlow: (result.slow - direct.slow).microseconds,
                .latencyMedian: result.median.milliseconds,
                .latencySlow: result.slow.milliseconds,
                .requestRate: result.requestsPerSecond,
                // The warm-up's half second is in the time, at the same rate.
                .cpuPerRequest: taken.seconds / (Double(bench.seconds) + 0.5) / rate * 1e6,
            ]
        }
    }

    private func latencies(port: Int, _ bench: Workbench) throws -> LoadResult {
        let load = try OpenLoop(port: port)
        defer { load.close() }
        return try load.run(rate: rate, for: .seconds(bench.seconds))
    }
}
