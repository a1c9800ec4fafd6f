internal import AsyncHTTPClient
internal import GatewayKit
internal import HTTPTypes
internal import L402
internal import Lightning
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
    /// Told each step.
    let report: (String) -> Void

    /// The first answer that is not a 402 that can be paid.
    func response(cache: inout TokenCache) async throws -> HTTPClientResponse {
        let origin = try origin()
        var presented: [L402Token] = []
        let known = cache.token(origin: origin, path: url.path())
        if let known {
            report("presenting the token kept for \(known.service)")
            presented.append(known)
        }
        var response = try await send(known)
        while response.status == .paymentRequired {
            let challenge = try await self.challenge(of: response)
            let offer = L402Token(token: challenge.token, preimage: Preimage(.zero))
            if let kept = cache.token(origin: origin, service: offer.service), !presented.contains(kept) {
                report("402; presenting the token kept for \(kept.service)")
                presented.append(kept)
                response = try await send(kept)
                continue
            }
            guard !presented.contains(where: { $0.token == challenge.token }), presented.count < 3 else {
                throw CommandFailure(
                    .refused,
                    "the server asks for payment again after it was paid: \(try await reason(response))"
                )
            }
            let token = try await buy(challenge, because: response, isRepeated: !presented.isEmpty)
            try cache.keep(token, origin: origin, service: token.service, path: url.path())
            presented.append(token)
            report("repeating the request with the token")
            response = try await send(token)
            if response.status == .paymentRequired {
                throw CommandFailure(.refused, "the server does not accept what it sold: \(try await reason(response))")
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
            let response = try await HTTPClient.shared.execute(request, timeout: .hours(24))
            report("\(response.status.code) \(response.status.reasonPhrase)")
            return response
        } catch {
            throw CommandFailure(.noConnection, "no answer from \(url.host() ?? "\(url)"): \(error)")
        }
    }

    private func challenge(of response: HTTPClientResponse) async throws -> L402Challenge {
        let lines = response.headers["WWW-Authenticate"]
        guard let challenge = L402Challenge.challenges(in: lines).first else {
            throw CommandFailure(.refused, "the server asks for payment, but not in a way that is understood here")
        }
        return challenge
    }

    /// The `detail` of a problem body, or the status.
    private func reason(_ response: HTTPClientResponse) async throws -> String {
        struct Detail: Decodable {
            let detail: String
        }
        guard let body = try? await response.body.collect(upTo: 64 * 1024),
            let problem = try? JSONDecoder().decode(Detail.self, from: Data(body.readableBytesView))
        else { return "\(response.status.code) \(response.status.reasonPhrase)" }
        return problem.detail
    }

    // MARK: Buying

    private func buy(
        _ challenge: L402Challenge,
        because response: HTTPClientResponse,
        isRepeated: Bool
    ) async throws -> L402Token {
        if isRepeated {
            report("402: \(try await reason(response))")
        }
        let invoice: Bolt11Invoice
        do {
            invoice = try Bolt11Invoice(decoding: challenge.invoice)
        } catch {
            throw CommandFailure(.refused, "the server's invoice is not valid: \(error)")
        }
        guard let amount = invoice.amount else {
            throw CommandFailure(.refused, "the server's invoice names no amount")
        }
        guard challenge.payment == invoice.paymentHash else {
            throw CommandFailure(
                .refused,
                "the server's token is not for the payment of its invoice; paying it would buy nothing"
            )
        }
        report("the invoice asks for \(amount)\(invoice.memo.map { " for \($0)" } ?? "")")
        guard amount <= limit else {
            throw CommandFailure(.refused, "this costs \(amount), more than --max \(limit)")
        }
        let node = try wallet.open()
        do {
            let payment = try await wallet.pay(challenge.invoice, with: node)
            try await node.shutdown()
            report("paid \(payment.amount), fee \(payment.fee)")
            return challenge.paid(with: payment.preimage)
        } catch {
            try? await node.shutdown()
            throw error
        }
    }
}
