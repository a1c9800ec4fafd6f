import Foundation
import Testing

/// One run of the executable that was built with the tests.
struct SluiceCommand {
    let status: Int32
    let output: Data
    let error: String

    var text: String { String(decoding: output, as: UTF8.self) }

    /// What `-v` said, one step a line.
    var steps: [String] {
        error.split(separator: "\n").filter { $0.hasPrefix("* ") }.map { String($0.dropFirst(2)) }
    }

    /// Built next to the test bundle.
    private static var executable: URL? {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folders = [
            Bundle.main.executableURL?.deletingLastPathComponent(),
            URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
            root.appendingPathComponent(".build/debug"),
        ]
        return folders.compactMap { $0?.appendingPathComponent("sluice") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// - Parameter output: where standard output goes instead of into the result.
    static func run(_ arguments: [String], output: FileHandle? = nil) async throws -> SluiceCommand {
        // Files, because they take any amount while nobody reads.
        let folder = try TemporaryFolder()
        let process = Process()
        let executable = try #require(Self.executable, "sluice is not built")
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try output ?? folder.newFile("output")
        process.standardError = try folder.newFile("error")
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return SluiceCommand(
            status: status,
            output: (try? folder.content("output")) ?? Data(),
            error: String(decoding: try folder.content("error"), as: UTF8.self)
        )
    }
}

/// A folder that is removed with its last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sluice-client-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func newFile(_ name: String) throws -> FileHandle {
        try #require(FileManager.default.createFile(atPath: "\(path)/\(name)", contents: nil))
        return try #require(FileHandle(forWritingAtPath: "\(path)/\(name)"))
    }

    func content(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    /// The permissions of a file or folder.
    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
        return try #require(attributes[.posixPermissions] as? NSNumber).intValue
    }
}
