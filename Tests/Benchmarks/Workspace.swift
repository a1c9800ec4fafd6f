internal import Foundation

/// A folder for configurations, certificates, bodies and logs, for the time of one run.
struct Workspace: Sendable {
    let path: String

    init() throws {
        let name = "sluice-bench-\(ProcessInfo.processInfo.processIdentifier)"
        path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String {
        "\(path)/\(name)"
    }

    /// Writes a file and its folders.
    @discardableResult
    func write(_ content: some Sequence<UInt8>, to name: String) throws -> String {
        let url = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: url)
        return url.path
    }

    /// A new and empty folder.
    func folder(_ name: String) throws -> String {
        let path = file(name)
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}
