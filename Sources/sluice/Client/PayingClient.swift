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

/// A client of L402 and MPP: pays what a 402 asks for, as far as it may, and repeats the request.
struct PayingClient {
    /// As many as browsers and AsyncHTTPClient follow at least.
    private static let mostRedirects = 5

    private(set) var method: String
    private(set) var url: URL
    private(set) var fields: [(String, String)]
    private(set) var body: ByteBuffer?
    let limit: Amount
    /// Bits of a proof of work that is done rather than paid for; 0: none.
    let work: Int
    let wallet: WalletOptions
    let cache: TokenCache
    let connections: HTTPClient
    /// Told each step.
    let report: (String) -> Void
    /// Told what must not go unnoticed.
    let warn: (String) -> Void

    /// Opens connections for one command: says at once that nobody listens, and leaves the body as it was sent.
    static func withConnections<Result>(_ body: (HTTPClient) async throws -> Result) async throws -> Result {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.decompression = .disabled
        // Another host must not get a token, nor sell one, under the name of this one.
        configuration.redirectConfiguration = .disallow
        let connections = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(connections))
        } catch {
            result = .failure(error)
        }
        try? await connections.shutdown()
        return try result.get()
    }

    /// The first answer that is neither a redirect nor a 402 that can be paid.
    func response() async throws -> HTTPClientResponse {
        var client = self
        for _ in 0...Self.mostRedirects {
            let response = try await client.paidResponse()
            guard let next = client.redirected(by: response) else { return response }
            client = next
        }
        throw CommandFailure(.failed, "the server redirects more than \(Self.mostRedirects) times")
    }

    /// The first answer of this host that is not a 402 that can be paid.
    private func paidResponse() async throws -> HTTPClientResponse {
        let origin = try origin()
        let hasOwnCredential = fields.contains { $0.0.lowercased() == "authorization" }
        var presented: [L402Token] = []
        var isWorkDone = false
        // A credential that the user gave is tried first, as it is.
        if !hasOwnCredential, let response = try await responseToEarlierCharge() { return response }
        let known = hasOwnCredential ? nil : try cache.token(origin: origin, path: url.path())
        if let known {
            report("presenting the token kept for \(origin)\(url.path())")
            presented.append(known)
        }
        var response = try await send(known.map(Self.field(of:)))
        while response.status == .paymentRequired {
            if hasOwnCredential, presented.isEmpty {
                report("402; a token takes the place of the Authorization field that was given")
            }
            let lines = response.headers["WWW-Authenticate"]
            let challenges = L402Challenge.challenges(in: lines)
            let kept = try challenges.first.flatMap { try cache.token(origin: origin, service: $0.service) }
            if kept.map({ presented.contains($0) }) ?? true, !isWorkDone, let field = try fieldOfWork(in: lines) {
                isWorkDone = true
                response = try await send(field)
                continue
            }
            if challenges.isEmpty,
                let offer = try ChargeOffer(in: lines, at: TimeSource.system.now())
            {
                return try await self.response(buying: offer)
            }
            let challenge = try challenge(in: lines)
            if let kept, !presented.contains(kept) {
                report("402; presenting the token kept for \(challenge.service)")
                presented.append(kept)
                response = try await send(Self.field(of: kept))
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
            response = try await send(Self.field(of: bought.token))
            if response.status == .paymentRequired, bought.isNew {
                throw CommandFailure(.refused, "the server does not accept what it sold: \(await reason(response))")
            }
        }
        if response.status == .unauthorized, !isWorkDone,
            let field = try fieldOfWork(in: response.headers["WWW-Authenticate"])
        {
            return try await send(field)
        }
        return response
    }

    func origin() throws -> String {
        guard let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https", let host = url.host() else {
            throw CommandFailure(.usage, "'\(url)' should be an http or https URL")
        }
        return "\(scheme)://\(host.lowercased()):\(url.port ?? (scheme == "http" ? 80 : 443))"
    }

    // MARK: Redirects

    /// Who asks where a response says to ask instead (RFC 9110 §15.4); `nil` where it says no such thing.
    private func redirected(by response: HTTPClientResponse) -> PayingClient? {
        let status = response.status.code
        guard [301, 302, 303, 307, 308].contains(status), let location = response.headers.first(name: "Location"),
            let target = URL(string: location, relativeTo: url)?.absoluteURL
        else { return nil }
        var next = self
        next.url = target
        guard let origin = try? origin(), let nextOrigin = try? next.origin() else { return nil }
        if status == 303 && method != "HEAD" || status < 303 && method == "POST" {
            next.method = "GET"
            next.body = nil
            next.remove(["content-length", "content-type"])
        }
        if nextOrigin != origin {
            next.remove(["authorization", "cookie", "origin", "proxy-authorization"])
        }
        return next
    }

    private mutating func remove(_ names: Set<String>) {
        fields.removeAll { names.contains($0.0.lowercased()) }
    }

    // MARK: Requests

    private static func field(of token: L402Token) -> (name: String, value: String) {
        ("Authorization", token.authorization)
    }

    /// - Parameter credential: a field that takes the place of those of its name.
    func send(_ credential: (name: String, value: String)?) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in fields {
            request.headers.add(name: name, value: value)
        }
        if let credential {
            request.headers.replaceOrAdd(name: credential.name, value: credential.value)
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

    private func challenge(in lines: [String]) throws -> L402Challenge {
        guard let challenge = L402Challenge.challenges(in: lines).first else {
            throw CommandFailure(.refused, "the server asks for payment, but not in a way that is understood here")
        }
        return challenge
    }

    /// The `detail` of a problem body, or the status.
    func reason(_ response: HTTPClientResponse) async -> String {
        struct Detail: Decodable {
            let detail: String
        }
        guard let body = try? await response.body.collect(upTo: 64 * 1024),
            let problem = try? JSONDecoder().decode(Detail.self, from: Data(body.readableBytesView))
        else { return "\(response.status.code) \(response.status.reasonPhrase)" }
        return String(problem.detail.prefix(500))
    }
}
