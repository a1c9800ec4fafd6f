internal import Foundation

/// What a group of processes has taken: a program and its workers.
struct ProcessUsage {
    /// User and kernel time, in steps of 10 ms.
    private(set) var processor = Duration.zero
    /// Resident memory; pages that processes share count in each.
    private(set) var memory = ByteCount(0)

    /// Reads `/proc/PID/stat` and `/proc/PID/smaps_rollup` (proc(5)); what cannot be read counts nothing.
    ///
    /// `statm` would be cheaper, but the kernel counts it in batches of pages for each thread.
    init(group: pid_t) {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = pid_t(name), let stat = FileContent.text(of: "/proc/\(process)/stat"),
                // The name of the program is in parentheses and may hold anything.
                let end = stat.lastIndex(of: ")")
            else { continue }
            let values = stat[stat.index(after: end)...].split(separator: " ")
            guard values.count > 12, pid_t(values[2]) == group, let user = Double(values[11]),
                let system = Double(values[12])
            else { continue }
            processor += .seconds((user + system) / ticks)
            memory = ByteCount(memory.bytes + Self.resident(process).bytes)
        }
    }

    private static func resident(_ process: pid_t) -> ByteCount {
        let lines = FileContent.text(of: "/proc/\(process)/smaps_rollup")?.split(separator: "\n") ?? []
        let line = lines.first { $0.hasPrefix("Rss:") }
        return .kibibytes(line.flatMap { Int($0.filter(\.isNumber)) } ?? 0)
    }
}
