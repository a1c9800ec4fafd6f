import Foundation
import GatewayTesting
import NIOCore
import NIOPosix
import Testing

/// Debian's nginx in one process of its own, which serves until its last reference is gone.
final class Nginx {
    private let process = Process()
    private let folder: TemporaryFolder
    private let errors = Pipe()

    /// - Parameter servers: what stands in `http`; a path without a leading slash is one of the folder.
    init(_ servers: String, in folder: TemporaryFolder) throws {
        self.folder = folder
        let file = URL(filePath: "\(folder.path)/nginx.conf")
        // A daemon would outlive the tests, and keep their output open.
        let configuration = """
            daemon off;
            master_process off;
            pid nginx.pid;
            error_log stderr notice;
            events { worker_connections 512; }
            http {
              access_log off;
              client_max_body_size 0;
              client_body_temp_path body;
              proxy_temp_path proxy;
              fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi;
              scgi_temp_path scgi;
            \(servers)
            }
            """
        try Data(configuration.utf8).write(to: file)
        process.executableURL = URL(filePath: try ProtocolPeer.program("nginx"))
        process.arguments = ["-e", "stderr", "-p", folder.path, "-c", file.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// - Throws: what nginx said before it ended without having listened.
    func listening() async throws {
        let errors = errors.fileHandleForReading
        let text = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var text = ""
                // Told of once every socket is open.
                while !text.contains("getrlimit"), case let part = errors.availableData, !part.isEmpty {
                    text += String(decoding: part, as: UTF8.self)
                }
                continuation.resume(returning: text)
            }
        }
        guard text.contains("getrlimit") else { throw ConformanceFailure("nginx does not start: \(text)") }
    }

    /// A port that is free now: nginx cannot be asked to choose one.
    static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        try await channel.close()
        return port
    }
}
