import Foundation
import GatewayTesting
import Testing

/// `sluice run`, or another command that serves, in a process of its own, on free ports.
final class ServingSluice {
    private let process = Process()
    private let folder: TemporaryFolder
    private let lines: AsyncStream<String>
    private let ended: AsyncStream<Int32>

    convenience init(policy: String) throws {
        let folder = try TemporaryFolder()
        let file = URL(fileURLWithPath: "\(folder.path)/policy.yaml")
        try Data(policy.utf8).write(to: file)
        try self.init(["run", file.path, "--data", "\(folder.path)/data"], in: folder)
    }

    /// Starts the executable that was built next to the test bundle.
    init(_ arguments: [String], in folder: TemporaryFolder) throws {
        self.folder = folder
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let places = [
            Bundle.main.executableURL?.deletingLastPathComponent(),
            URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
            root.appendingPathComponent(".build/debug"),
        ]
        let found = places.compactMap { $0?.appendingPathComponent("sluice") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        let executable: URL = try #require(found, "sluice is not built")
        process.executableURL = executable
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        let (ended, endedEvent) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        process.terminationHandler = { process in
            // A signal that ends it is no status.
            endedEvent.yield(process.terminationReason == .exit ? process.terminationStatus : -1)
            endedEvent.finish()
        }
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        try process.run()
        let reading = errors.fileHandleForReading
        DispatchQueue.global().async {
            var text = Data()
            while case let part = reading.availableData, !part.isEmpty {
                text += part
                while let end = text.firstIndex(of: UInt8(ascii: "\n")) {
                    line.yield(String(decoding: text[..<end], as: UTF8.self))
                    text = Data(text[text.index(after: end)...])
                }
            }
            line.finish()
        }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// The port of the gateway's listener, once it is open.
    func port() async throws -> Int {
        try #require(await ports().first)
    }

    /// The ports of the gateway's listener, the development node, and the operator's listener if there is one.
    func ports() async throws -> [Int] {
        try await line(containing: "serving").matches(of: /127\.0\.0\.1:([0-9]+)/).compactMap { Int($0.1) }
    }

    /// The next line of its log that says so.
    func line(containing text: String) async throws -> String {
        for await line in lines where line.contains(text) { return line }
        throw ConformanceFailure("the gateway never said '\(text)'")
    }

    /// The most memory of its own that it has taken so far, in KiB; `nil` where there is no /proc.
    ///
    /// Without what it maps of its executable and of libraries: that is as large as the build, and the kernel's to choose.
    var peakMemory: Int? {
        let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let lines: [Substring] = status?.split(separator: "\n") ?? []
        func size(_ name: String) -> Int? {
            lines.first { $0.hasPrefix("\(name):") }.flatMap { Int($0.filter(\.isNumber)) }
        }
        return size("VmHWM").map { $0 - (size("RssFile") ?? 0) }
    }

    func send(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// What it ends with; -1 for a signal that it did not catch.
    func status() async throws -> Int32 {
        for await status in ended { return status }
        throw ConformanceFailure("the status was taken already")
    }
}
