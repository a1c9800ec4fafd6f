import Foundation
import GatewayKit
import GatewayServer
import NIOCore
import NIOPosix

/// A gateway that keeps an access log, and the lines of it.
struct AccessLogLines {
    struct Line: Decodable {
        let id: String
        let client: String?
        let method: String?
        let host: String?
        let path: String?
        let version: String?
        let route: String?
        let stage: String?
        let status: Int?
        let outcome: String
        let reason: String?
        let upstream: String?
        let request_bytes: Int
        let response_bytes: Int
        let total_ms: Double
        let connected_ms: Double?
        let first_byte_ms: Double?

        enum CodingKeys: String, CodingKey {
            case id, client, method, host, path, route, stage, status, outcome, reason, upstream
            case version = "protocol"
            case request_bytes, response_bytes, total_ms, connected_ms, first_byte_ms
        }
    }

    /// What is written while `body` runs.
    static func of(
        _ routing: any Routing,
        sample: Double = 1,
        _ body: (RawConnection) async throws -> Void
    ) async throws -> [Line] {
        let folder = try TLSFolder()
        let path = folder.path("access.log")
        let log = CapturedLog()
        let accessLog = try AccessLog(
            AccessLogSettings(format: .json, destination: .file(path: path), sample: sample),
            logger: log.logger
        )
        let server = try await GatewayServer(
            listeners: [.init(ListenerSettings(host: "127.0.0.1", port: 0), routing: routing)],
            group: MultiThreadedEventLoopGroup.singleton,
            accessLog: accessLog,
            logger: log.logger,
            drainTimeout: .milliseconds(200)
        ).start()
        let result: Result<Void, any Error>
        do {
            let client = try await RawConnection.connect(to: server.addresses.first?.port ?? 0)
            try await body(client)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await server.drain()
        stop(accessLog)
        try result.get()
        return try folder.text("access.log").split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
    }

    private static func stop(_ log: AccessLog) {
        log.stop()
    }
}
