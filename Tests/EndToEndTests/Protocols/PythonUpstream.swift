import Foundation
import GatewayTesting
import Testing

/// A script in a process of its own that serves until it is stopped, and tells on its first line where.
final class PythonUpstream {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let folder: TemporaryFolder

    /// `{folder}` in an argument becomes a folder of its own.
    init(_ script: String, _ arguments: [String] = []) throws {
        folder = try TemporaryFolder()
        let command = try ProtocolPeer.python(script)
        process.executableURL = URL(filePath: command[0])
        process.arguments =
            [command[1]]
            + arguments.map { [folder] in
                $0.replacingOccurrences(of: "{folder}", with: folder.path)
            }
        // The script ends with its input, even when this process is killed.
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    func place<Place: Decodable & Sendable>(as type: Place.Type = Place.self) async throws -> Place {
        let output = output.fileHandleForReading
        let line = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var line = Data()
                while line.last != UInt8(ascii: "\n"), case let part = output.availableData, !part.isEmpty {
                    line += part
                }
                continuation.resume(returning: line)
            }
        }
        return try JSONDecoder().decode(type, from: line)
    }
}
