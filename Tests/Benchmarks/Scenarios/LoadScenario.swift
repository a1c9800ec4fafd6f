/// What each request costs under a load in a closed loop.
struct LoadScenario: Scenario {
    let title: String
    let load: any Load
    var duty = Duty()
    /// Of Sluice, where it differs: what is sold is compared to nginx's free answer.
    var paidDuty: Duty?
    var programs = Program.allCases
    var goal: Goal?

    func measure(_ program: Program, on bench: Workbench) throws -> Sample {
        let duty = program == .sluice ? paidDuty ?? duty : duty
        return try bench.start(program, for: duty).whileRunning { gateway in
            // Connections to the upstream, caches and the branch predictor: not what is measured.
            _ = try load.run(on: gateway, seconds: 1, bench: bench)
            let before = gateway.process.usage
            let result = try load.run(on: gateway, seconds: bench.seconds, bench: bench)
            let taken = gateway.process.usage.processor - before.processor
            return [
                .cpuPerRequest: taken.microseconds / Double(result.requests),
                .requestRate: result.requestsPerSecond,
                .latencyMedian: result.median.milliseconds,
                .latencySlow: result.slow.milliseconds,
            ]
        }
    }
}
