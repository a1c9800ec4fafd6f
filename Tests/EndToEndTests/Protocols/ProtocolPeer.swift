import Foundation
import GatewayTesting
import Testing

/// Programs that share no code with the gateway: the scripts in `Tests/Interop/protocols`, and Debian's curl, nginx and
/// h2load.
enum ProtocolPeer {
    private static let environment = ProcessInfo.processInfo.environment
    static let isExpected = environment["SLUICE_INTEROP_PYTHON"] != nil || environment["CI"] != nil
    static let whyNot: Comment = """
        SLUICE_INTEROP_PYTHON is not set: it should be the path of a python that has h2 4.4.1, websockets 17.4, \
        grpcio 1.85.3, mcp 1.27.0 and pympp 0.16.0; curl, nginx, h2load and openssl are needed as well
        """

    /// Whether tests with these programs are to run: CI fails where one is missing, others skip and say so.
    static func expects(_ programs: String...) -> Bool {
        environment["CI"] != nil || programs.allSatisfy { path(of: $0) != nil }
    }

    /// What runs a script.
    static func python(_ script: String) throws -> [String] {
        let python = try #require(environment["SLUICE_INTEROP_PYTHON"], "CI needs SLUICE_INTEROP_PYTHON")
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Interop/protocols")
        return [python, folder.appending(path: script).path]
    }

    /// - Throws: where the program is not installed.
    static func program(_ name: String) throws -> String {
        try #require(path(of: name), "\(name) is not installed")
    }

    private static func path(of program: String) -> String? {
        let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin"]
        return folders.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// What a script prints, as JSON.
    static func ask<Answer: Decodable>(_ script: String, _ arguments: [String]) async throws -> Answer {
        let output = try await run(try python(script) + arguments)
        do {
            return try JSONDecoder().decode(Answer.self, from: output)
        } catch {
            throw ConformanceFailure("\(script) printed '\(String(decoding: output, as: UTF8.self))': \(error)")
        }
    }

    /// Standard output of a program that ends with 0.
    static func run(_ command: [String]) async throws -> Data {
        // Waiting for a process blocks its thread, which the gateway in this process may need.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        let output = Pipe()
                        process.executableURL = URL(filePath: command[0])
                        process.arguments = Array(command.dropFirst())
                        process.standardInput = FileHandle.nullDevice
                        process.standardOutput = output
                        try process.run()
                        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
                        process.waitUntilExit()
                        guard process.terminationStatus == 0 else {
                            let text = String(decoding: answer, as: UTF8.self)
                            throw ConformanceFailure("\(command) ended with \(process.terminationStatus): \(text)")
                        }
                        return answer
                    }
                )
            }
        }
    }
}
