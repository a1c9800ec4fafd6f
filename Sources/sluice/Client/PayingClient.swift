internal import AsyncHTTPClient
internal import GatewayKit
internal import HTTPTypes
internal import L402
internal import NIOCore
internal import NIOHTTP1

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A client of L402: pays what a 402 asks for, as far as it may, and repeats the request.
struct PayingClient {
    let method: String
    let url: URL
    let fields: [(String, String)]
    let body: ByteBuffer?
    let limit: Amount
    let wallet: WalletOptions
    let cache: TokenCache
    let connections: HTTPClient
    /// Told each step.
    let report: (String) -> Void
    /// Told what must not go unnoticed.
    let warn: (String) -> Void

    /// Opens connections for one command: says at once that nobody listens, and leaves the body as it was sent.
    static func withConnections(_ body: (HTTPClient) async throws -> Void) async throws {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.decompression = .disabled
        let connections = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await body(connections)
        } catch {
            try? await connections.shutdown()
            throw error
        }
        try? await connections.shutdown()
    }

    /// The first answer that is not a 402 that can be paid.
    func response() async throws -> HTTPClientResponse {
        let origin = try origin()
        let hasOwnCredential = fields.contains { $0.0.lowercased() == "authorization" }
        var presented: [L402Token] = []
        // A credential that the user gave is tried first, as it is.
        let known = hasOwnCredential ? nil : try cache.token(origin: origin, path: url.path())
        if let known {
            report("presenting the token kept for \(origin)\(url.path())")
            presented.append(known)
        }
        var response = try await send(known)
        while response.status == .paymentRequired {
            if hasOwnCredential, presented.isEmpty {
                report("402; a token takes the place of the Authorization field that was given")
            }
            let challenge = try challenge(of: response)
            if let kept = try cache.token(origin: origin, service: challenge.service), !presented.contains(kept) {
                report("402; presenting the token kept for \(challenge.service)")
                presented.append(kept)
                response = try await send(kept)
                continue
            }
            guard !presented.contains(where: { $0.token == challenge.token }), presented.count < 3 else {
                throw CommandFailure(
                    .refused,
                    "the server asks for payment again after it was paid: \(await reason(response))"
                )
            }
            if !presented.isEmpty {
                report("402: \(await reason(response))")
            }
            let purchase = Purchase(
                origin: origin,
                path: url.path(),
                cache: cache,
                limit: limit,
                wallet: wallet,
                report: report,
                warn: warn
            )
            let bought = try await purchase.token(for: challenge, refused: presented)
            presented.append(bought.token)
            report("repeating the request with the token")
            response = try await send(bought.token)
            if response.status == .paymentRequired, bought.isNew {
                throw CommandFailure(.refused, "the server does not accept what it sold: \(await reason(response))")
            }
        }
        return response
    }

    private func origin() throws -> String {
        guard let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https", let host = url.host() else {
            throw CommandFailure(.usage, "'\(url)' should be an http or https URL")
        }
        return "\(scheme)://\(host.lowercased()):\(url.port ?? (scheme == "http" ? 80 : 443))"
    }

    // MARK: Requests

    private func send(_ token: L402Token?) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in fields {
            request.headers.add(name: name, value: value)
        }
        if let token {
            request.headers.replaceOrAdd(name: "Authorization", value: token.authorization)
        }
        if let body {
            request.body = .bytes(body)
        }
        report("\(method) \(url)")
        do {
            let response = try await connections.execute(request, timeout: .hours(24))
            report("\(response.status.code) \(response.status.reasonPhrase)")
            return response
        } catch {
            throw CommandFailure(.noConnection, "no answer from \(url.host() ?? "\(url)"): \(error)")
        }
    }

    private func challenge(of response: HTTPClientResponse) throws -> L402Challenge {
        let lines = response.headers["WWW-Authenticate"]
        guard let challenge = L402Challenge.challenges(in: lines).first else {
            throw CommandFailure(.refused, "the server asks for payment, but not in a way that is understood here")
        }
        return challenge
    }

    /// The `detail` of a problem body, or the status.
    private func reason(_ response: HTTPClientResponse) async -> String {
        struct Detail: Decodable {
            let detail: String
        }
        guard let body = try? await response.body.collect(upTo: 64 * 1024),
            let problem = try? JSONDecoder().decode(Detail.self, from: Data(body.readableBytesView))
        else { return "\(response.status.code) \(response.status.reasonPhrase)" }
        return String(problem.detail.prefix(500))
    }
}
