internal import Foundation

/// A process that the benchmark started: pinned to a core, with its output in a file.
final class ChildProcess {
    private let name: String
    private let process = Process()
    private let log: String

    /// - Parameters:
    ///   - command: the executable's path and its arguments.
    ///   - name: for messages and for the file.
    ///   - environment: added to this process's own.
    init(
        _ command: [String],
        named name: String,
        on core: Core,
        environment: [String: String] = [:],
        workspace: Workspace,
        tools: Tools
    ) throws {
        self.name = name
        log = workspace.file("\(name).log")
        guard FileManager.default.createFile(atPath: log, contents: nil),
            let output = FileHandle(forWritingAtPath: log)
        else { throw BenchFailure("cannot write \(log)") }
        process.executableURL = URL(fileURLWithPath: tools[.taskset])
        process.arguments = ["-c", "\(core.rawValue)"] + command
        process.currentDirectoryURL = URL(fileURLWithPath: workspace.path)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try Children.all.start(process)
        try? output.close()
    }

    /// Of the process and its workers, since they started.
    var usage: ProcessUsage { ProcessUsage(group: process.processIdentifier) }

    func stop() {
        Children.all.stop(process.processIdentifier)
    }

    /// Waits until it ends by itself.
    ///
    /// - Returns: what it wrote.
    /// - Throws: `BenchFailure` when it fails or takes too long; then it is stopped.
    func output(within limit: Duration) throws -> String {
        let deadline = ContinuousClock.now + limit
        while process.isRunning {
            guard ContinuousClock.now < deadline else {
                stop()
                throw BenchFailure("\(name) did not end in time")
            }
            Thread.sleep(forTimeInterval: 0.005)
        }
        stop()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else { throw failure("failed") }
        return FileContent.text(of: log) ?? ""
    }

    /// Waits until it accepts connections on loopback.
    ///
    /// - Throws: `BenchFailure` when it ends instead, with what it wrote, or takes too long.
    func waitForPort(_ port: Int, within limit: Duration) throws {
        let deadline = ContinuousClock.now + limit
        while process.isRunning {
            if let socket = try? Socket(connectingTo: port) {
                socket.close()
                return
            }
            guard ContinuousClock.now < deadline else { throw failure("does not listen on \(port)") }
            Thread.sleep(forTimeInterval: 0.01)
        }
        throw failure("does not start")
    }

    /// The first line that it wrote about something that is wrong.
    var complaint: String? {
        let words = ["error", "should", "fatal", "alert", "emerg", "cannot", "exclusive access"]
        let line = (FileContent.text(of: log) ?? "").split(separator: "\n").first { line in
            let line = line.lowercased()
            return words.contains(where: line.contains)
        }
        return line.map { String($0.prefix(300)) }
    }

    private func failure(_ what: String) -> BenchFailure {
        BenchFailure("\(name) \(what)\(complaint.map { ": \($0)" } ?? "")")
    }
}
