internal import Foundation

/// What a connection takes of memory that was used once and is kept by the client.
struct IdleScenario: Scenario {
    private static let connections = 10_000

    let title = "HTTP/1.1, 10,000 idle connections"
    let goal: Goal? = Goal(metric: .memoryPerConnection, ratio: 2)

    func measure(_ program: Program, on bench: Workbench) throws -> Sample {
        guard bench.openFiles >= Self.connections + 1_000 else {
            throw BenchFailure("needs a limit of \(Self.connections + 1_000) open files, not \(bench.openFiles)")
        }
        return try bench.start(program, for: Duty()).whileRunning { gateway in
            // Code and pools that the first requests need are not the connections'.
            try IdleConnections(count: 200, port: gateway.port).close()
            Thread.sleep(forTimeInterval: 0.5)
            let base = gateway.process.usage.memory
            let connections = try IdleConnections(count: Self.connections, port: gateway.port)
            defer { connections.close() }
            Thread.sleep(forTimeInterval: 1)
            let memory = gateway.process.usage.memory
            guard connections.areOpen else { throw BenchFailure("connections were closed at once") }
            return [
                .memoryPerConnection: (memory - base).kibibytes / Double(Self.connections),
                // nginx allots its connections' records before they come; these are in here.
                .memoryBefore: base.mebibytes,
                .memoryAfter: memory.mebibytes,
            ]
        }
    }
}
