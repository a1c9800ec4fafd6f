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

/// The running gateway that a command is for, and how what it tells is printed.
struct AdminOptions: ParsableArguments {
    /// What a gateway tells of itself is short.
    private static let answerLimit = 1 << 24

    @Option(help: "Where the gateway listens for its operator: the 'admin' of its policy, or unix: and a path.")
    var admin = "127.0.0.1:8404"

    @Flag(help: "JSON, as when piped.")
    var json = false

    /// - Returns: what the gateway told, whatever the status of its answer.
    /// - Throws: `CommandFailure` 3 when there is nobody, 2 when the address is none, 1 when it is no gateway.
    func told<Report: Decodable>(_ type: Report.Type, by method: HTTPMethod, _ path: String) async throws -> Report {
        let answer = try await Self.answer(of: admin, to: method, path)
        guard let report = try? JSONDecoder().decode(type, from: Data(answer.body.readableBytesView)) else {
            throw CommandFailure(.failed, "\(admin) answered \(answer.status.code), and not as Sluice does")
        }
        return report
    }

    /// - Parameter text: the same for people.
    func print(_ report: some Encodable, text: String) {
        Terminal.standardOutput(json || !Terminal.isInteractive ? JSONOutput.text(report) : text)
    }

    /// - Parameter address: of the operator's listener.
    /// - Throws: `CommandFailure` 3 when there is nobody, 2 when the address is none.
    static func answer(
        of address: String,
        to method: HTTPMethod,
        _ path: String
    ) async throws -> (status: HTTPResponseStatus, body: ByteBuffer) {
        try await PayingClient.withConnections { connections in
            var request = HTTPClientRequest(url: try url(of: path, at: address))
            request.method = method
            // A socket has no name that a request could be for.
            if address.hasPrefix("unix:") { request.headers.add(name: "Host", value: "localhost") }
            do {
                let response = try await connections.execute(request, timeout: .minutes(5))
                return (response.status, try await response.body.collect(upTo: answerLimit))
            } catch {
                throw CommandFailure(
                    .noConnection,
                    "no gateway answers at \(address): its policy needs 'admin: { listen: \(address) }' (\(error))"
                )
            }
        }
    }

    private static func url(of path: String, at address: String) throws -> String {
        guard let listener = ListenerSettings(parsing: address) else {
            throw CommandFailure(
                .usage,
                "'\(address)' should be an address such as 127.0.0.1:8404 or unix:/run/admin.sock"
            )
        }
        guard let socket = listener.socketPath else { return "http://\(listener.address)\(path)" }
        guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
            throw CommandFailure(.usage, "'\(address)' should be unix: and the path of a socket")
        }
        return url.absoluteString
    }
}
