internal import ArgumentParser
internal import AsyncHTTPClient
internal import GatewayKit
internal import NIOCore
internal import NIOHTTP1

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The running gateway that a command is for.
struct AdminOptions: ParsableArguments {
    /// What a gateway tells of itself is short.
    private static let answerLimit = 1 << 24

    @Option(help: "Where the gateway listens for its operator: the 'admin' of its policy, or unix: and a path.")
    var admin = "127.0.0.1:8404"

    /// - Returns: the answer of the gateway, whatever its status.
    /// - Throws: `CommandFailure` 3 when there is nobody, 2 when the address is none.
    func ask(_ method: HTTPMethod, _ path: String) async throws -> (status: HTTPResponseStatus, body: ByteBuffer) {
        try await PayingClient.withConnections { connections in
            var request = HTTPClientRequest(url: try url(of: path))
            request.method = method
            do {
                let response = try await connections.execute(request, timeout: .minutes(5))
                return (response.status, try await response.body.collect(upTo: Self.answerLimit))
            } catch {
                throw CommandFailure(
                    .noConnection,
                    "no gateway answers at \(admin): its policy needs 'admin: { listen: \(admin) }' (\(error))"
                )
            }
        }
    }

    private func url(of path: String) throws -> String {
        guard let listener = ListenerSettings(parsing: admin) else {
            throw CommandFailure(
                .usage,
                "'\(admin)' should be an address such as 127.0.0.1:8404 or unix:/run/admin.sock"
            )
        }
        guard let socket = listener.socketPath else { return "http://\(listener.address)\(path)" }
        guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
            throw CommandFailure(.usage, "'\(admin)' should be unix: and the path of a socket")
        }
        return url.absoluteString
    }
}
