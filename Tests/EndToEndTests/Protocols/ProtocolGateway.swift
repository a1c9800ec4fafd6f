import Foundation
import GatewayPolicy
import Logging
import NIOCore
import NIOPosix
import sluice

/// A gateway with a listener of each kind, in front of upstreams that a test brings.
struct ProtocolGateway {
    let port: Int
    let tlsPort: Int
    /// The path of its Unix socket.
    let socket: String
    let folder: TemporaryFolder

    /// Runs `body` with a gateway; `upstreams`, `pipelines` and `routes` are the policy's.
    static func with<Result>(
        upstreams: [String],
        routes: [String],
        extra: String = "",
        _ body: (ProtocolGateway) async throws -> Result
    ) async throws -> Result {
        let folder = try TemporaryFolder()
        let socket = "/tmp/sluice-\(UUID().uuidString.prefix(8)).sock"
        let policy = """
            version: 1
            listen:
              - 127.0.0.1:0
              - { address: 127.0.0.1:0, tls: { self-signed: [] } }
              - unix:\(socket)
            \(extra)
            upstreams:
            \(upstreams.map { "  \($0)" }.joined(separator: "\n"))
            routes:
            \(routes.map { "  - \($0)" }.joined(separator: "\n"))
            """
        defer { try? FileManager.default.removeItem(atPath: socket) }
        return try await serving(policy, in: folder) { ports in
            try await body(
                ProtocolGateway(port: ports[0], tlsPort: ports[1], socket: socket, folder: folder)
            )
        }
    }

    /// Runs `body` with the ports of a policy's listeners.
    static func serving<Result>(
        _ policy: String,
        in folder: TemporaryFolder,
        _ body: ([Int]) async throws -> Result
    ) async throws -> Result {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loaded = try LoadedPolicy(dataFolder: "\(folder.path)/data", logger: logger) {
            $0.load(text: policy, named: "test.yaml")
        }
        let running = try await Gateway(loaded, drainTimeout: .seconds(1)).start(
            on: MultiThreadedEventLoopGroup.singleton
        )
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(running.addresses.map { $0.port ?? 0 }))
        } catch {
            result = .failure(error)
        }
        await running.stop()
        return try result.get()
    }
}
