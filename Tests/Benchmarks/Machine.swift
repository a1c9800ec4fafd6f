internal import Foundation

/// What was measured on, for the reader of a report.
struct Machine: Codable {
    let processor: String
    let cores: Int
    let kernel: String
    let versions: [String]
    /// What other programs ran when the benchmark began.
    let loadAverage: Double

    init(tools: Tools) {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
        processor = model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
        cores = ProcessInfo.processInfo.activeProcessorCount
        let release = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
        kernel = "Linux \((release ?? "?").trimmingCharacters(in: .whitespacesAndNewlines))"
        let load = try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)
        loadAverage = load?.split(separator: " ").first.flatMap { Double($0) } ?? 0
        versions = [
            (tools[.nginx], "-v"), (tools[.haproxy], "-v"), (tools[.caddy], "version"), (tools.sluice, "--version"),
        ].compactMap(Self.version)
    }

    var warnings: [String] {
        loadAverage > 0.5 ? ["the machine is busy (load \(loadAverage)): the figures will not be worth much"] : []
    }

    /// What the program says about itself; some say it on standard error.
    private static func version(executable: String, argument: String) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = [argument]
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        guard (try? process.run()) != nil else { return nil }
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let name = URL(fileURLWithPath: executable).lastPathComponent
        guard process.terminationStatus == 0, let match = text.firstMatch(of: /[0-9]+\.[0-9][0-9a-z.+-]*/) else {
            return name
        }
        return "\(name) \(match.output)"
    }
}
