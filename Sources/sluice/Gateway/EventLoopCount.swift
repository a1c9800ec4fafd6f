internal import Foundation
internal import NIOCore

/// How many event loops this process runs: one for each core that it may run on.
///
/// NIO follows the limits of control groups, not those of `taskset` or `CPUAffinity=`, and two loops that take turns on
/// one core cost more than one.
package enum EventLoopCount {
    /// Before the first event loop is started.
    static func adopt() {
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        NIOSingletons.groupLoopCountSuggestion = min(System.coreCount, status.flatMap(allowedCores) ?? .max)
    }

    /// The cores in the mask of `Cpus_allowed` (proc_pid_status(5)); `nil` when there is none.
    package static func allowedCores(inStatus status: String) -> Int? {
        for line in status.split(separator: "\n") where line.hasPrefix("Cpus_allowed:") {
            let mask = line.dropFirst("Cpus_allowed:".count)
            let count = mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
            return count > 0 ? count : nil
        }
        return nil
    }
}
