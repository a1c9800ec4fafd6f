import Foundation
import GatewayKit
import Testing

/// Random runs against one gateway, in which clients and upstreams do all that they should not.
///
/// `SLUICE_FAULT_RUNS` is how many; `SLUICE_FAULT_SEED` does what another seed says, `SLUICE_FAULT_RUN` one run of it.
/// Counts the open files of the process, in which no other test may run: `swift test --no-parallel`.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct FaultTests {
    private static let atOnce = 64
    /// What the allocator may keep in the second half of the runs that it did not have in the first.
    private static let mostGrowth = 24 << 20

    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test(.enabled(if: ProcessUse.isKnown, "there is no /proc"))
    func `runs with faults on both sides end, settle once and leave nothing behind`() async throws {
        let count = Int(Self.setting("SLUICE_FAULT_RUNS") ?? 10_000)
        let seed = Self.setting("SLUICE_FAULT_SEED") ?? 1
        let folder = try TLSFolder()
        let files = try folder.write(try TestCertificate("localhost"), "gateway")
        let traces = try await withCourse(seed: seed, certificate: files) { course in
            if let number = Self.setting("SLUICE_FAULT_RUN") {
                try await course.run(Int(number)..<Int(number) + 1, atOnce: 1)
            } else {
                try await runAll(count, on: course)
            }
            let state = course.ledger.value
            #expect(state.failures.isEmpty, "\(state.failures.joined(separator: "\n"))")
            #expect(state.admitted == state.settled, "seed \(seed)")
            return FaultTraces(of: course)
        }
        #expect(!traces.keepsClients, "seed \(seed): client connections outlive the gateway")
        #expect(traces.upstreams.isEmpty, "seed \(seed), after the gateway")
    }

    private func withCourse<Result>(
        seed: UInt64,
        certificate: TLSFiles,
        _ body: (FaultCourse) async throws -> Result
    ) async throws -> Result {
        let course = try await FaultCourse(seed: seed, certificate: certificate)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(course))
        } catch {
            result = .failure(error)
        }
        try await course.stop()
        return try result.get()
    }

    private func runAll(_ count: Int, on course: FaultCourse) async throws {
        // What is made once is there before anything is counted.
        try await course.run(count..<count + 200, atOnce: Self.atOnce)
        expectNothing(try await course.remains(openFiles: .max), "seed \(course.seed)")
        let openFiles = ProcessUse.openFiles
        let half = count / 2
        try await course.run(0..<half, atOnce: Self.atOnce)
        expectNothing(try await course.remains(openFiles: openFiles), "seed \(course.seed), after \(half) runs")
        var growth: [Int] = []
        for third in 0..<3 {
            let before = ProcessUse.residentBytes
            let (start, end) = (half + (count - half) * third / 3, half + (count - half) * (third + 1) / 3)
            try await course.run(start..<end, atOnce: Self.atOnce)
            expectNothing(try await course.remains(openFiles: openFiles), "seed \(course.seed), after \(end) runs")
            growth.append(ProcessUse.residentBytes - before)
        }
        // What leaks grows all the time; what the allocator keeps of a rare peak comes once.
        let isLeak = growth.reduce(0, +) >= Self.mostGrowth && growth.sorted()[1] >= Self.mostGrowth / 3
        #expect(!isLeak, "seed \(course.seed): \(growth) bytes more in the thirds of the second half")
    }

    private func expectNothing(_ remains: FaultRemains, _ place: Comment) {
        #expect(remains.others.isEmpty, place)
        #expect(remains.pooled == 0, place)
    }
}
