internal import AsyncHTTPClient
package import GatewayKit
package import NIOCore
internal import NIOHTTP1

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Pays invoices from an lnd node, over its REST interface.
package final class LndRESTWallet: Sendable {
    /// Without a slash at its end.
    let base: String
    private let macaroon: Secret?
    let client: HTTPClient
    /// For one answer.
    let timeout: TimeAmount

    static let longestAnswer = LightningFailure.longestAnswer

    /// - Parameters:
    ///   - url: `http` or `https`; a macaroon goes over plain `http` to this machine only.
    ///   - certificateFile: the node's own certificate as PEM; with it exactly that certificate is trusted, whatever
    ///     name it bears, and without it what public authorities signed.
    ///   - timeout: for one answer; a payment that takes longer may still arrive.
    /// - Throws: `StartFailure` when one of them cannot be used.
    package convenience init(
        url: String,
        macaroonHex: String?,
        certificateFile: String?,
        timeout: TimeAmount = .seconds(60)
    ) throws {
        try Self.check(url: url, macaroonHex: macaroonHex, hasCertificate: certificateFile != nil)
        let certificate = try certificateFile.map { try PinnedCertificate(file: $0) }
        self.init(url: url, macaroonHex: macaroonHex, certificate: certificate, timeout: timeout)
    }

    /// From settings that were checked.
    init(url: String, macaroonHex: String?, certificate: PinnedCertificate?, timeout: TimeAmount) {
        self.timeout = timeout
        base = url.hasSuffix("/") ? String(url.dropLast()) : url
        macaroon = macaroonHex.map(Secret.init)
        var configuration = HTTPClient.Configuration.forNode(connecting: .seconds(10))
        certificate?.apply(to: &configuration)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// - Throws: `StartFailure` when one of them cannot be used.
    static func check(url: String, macaroonHex: String?, hasCertificate: Bool) throws {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty, parts.query == nil,
            parts.fragment == nil, parts.user == nil
        else {
            throw StartFailure("the wallet's address should be a URL such as https://127.0.0.1:8080, not '\(url)'")
        }
        if let macaroonHex {
            guard !macaroonHex.isEmpty, Hex.decoded(macaroonHex) != nil else {
                throw StartFailure("the wallet's macaroon should be hexadecimal digits")
            }
            let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            guard scheme == "https" || name == "localhost" || IPAddress(name)?.isLoopback == true else {
                throw StartFailure("a macaroon goes over http to this machine only; use https for \(host)")
            }
        }
        guard !hasCertificate || scheme == "https" else {
            throw StartFailure("a certificate is for an https address, not for '\(url)'")
        }
    }

    package func shutdown() async throws {
        try await client.shutdown()
    }

    /// - Throws: `LightningFailure`. After `unavailable` the payment may still be under way; asking again is safe,
    ///   because lnd pays one invoice once.
    package func pay(_ bolt11: String, feeLimit: Amount) async throws -> Payment {
        let invoice: Bolt11Invoice
        do {
            invoice = try Bolt11Invoice(decoding: bolt11)
        } catch {
            throw LightningFailure(.refused, "\(error)")
        }
        guard let amount = invoice.amount else {
            throw LightningFailure(.refused, "the invoice names no amount, and none is chosen here")
        }
        let body = try LndREST.encoded(
            LndREST.PaymentRequest(
                paymentRequest: invoice.text,
                feeLimit: .init(fixedMsat: LndInteger(feeLimit.millisatoshis))
            )
        )
        let (bytes, status) = try await answer(to: body)
        return try Self.payment(of: invoice, for: amount, in: bytes, status: status)
    }

    /// What lnd answered to a payment.
    ///
    /// - Parameter status: as a message quotes it.
    package static func payment(
        of invoice: Bolt11Invoice,
        for amount: Amount,
        in bytes: [UInt8],
        status: String
    ) throws -> Payment {
        let answer = try answer(in: bytes, status: status)
        guard answer.paymentError.isEmpty else {
            throw LightningFailure(
                mayBeUnderWay(answer.paymentError) ? .unavailable : .refused,
                "the wallet could not pay: \(printable(answer.paymentError))"
            )
        }
        guard let preimage = answer.paymentPreimage.flatMap({ Bytes32($0) }),
            preimage.sha256 == invoice.paymentHash.bytes
        else {
            throw LightningFailure(.malformed, "the wallet answered with a preimage that is not the payment's")
        }
        let fee = Amount(millisatoshis: answer.paymentRoute?.totalFeesMsat?.value ?? 0)
        return Payment(preimage: Preimage(preimage), amount: amount, fee: fee)
    }

    private func answer(to body: String) async throws -> (bytes: [UInt8], status: String) {
        do {
            let request = request(to: "/v1/channels/transactions", body: body)
            let answer = try await client.answer(to: request, within: Duration(timeout))
            return (answer.bytes, "\(HTTPResponseStatus(statusCode: Int(answer.status)))")
        } catch {
            throw failure(error)
        }
    }

    /// A POST, with the macaroon.
    func request(to path: String, body: String) -> HTTPClientRequest {
        var request = request(to: path, contentType: "application/json")
        request.method = .POST
        request.body = .bytes(ByteBuffer(string: body))
        return request
    }

    /// A GET, with the macaroon.
    func request(to path: String, contentType: String? = nil) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        if let contentType { request.headers.add(name: "Content-Type", value: contentType) }
        if let macaroon { request.headers.add(name: "Grpc-Metadata-macaroon", value: macaroon.text) }
        return request
    }

    /// Why there is no answer.
    func failure(_ error: any Error) -> LightningFailure {
        LightningFailure(error, of: "the wallet", at: base, within: Duration(timeout))
    }

    private static func answer(in bytes: [UInt8], status: String) throws -> LndREST.PaymentAnswer {
        if let answer = try? LndREST.decoded(LndREST.PaymentAnswer.self, from: bytes) { return answer }
        guard let failure = try? LndREST.decoded(LndREST.Failure.self, from: bytes) else {
            throw LightningFailure(.malformed, "the wallet answered \(status), and not as lnd does")
        }
        let isCertain = failure.code.map { !uncertainCodes.contains($0) } ?? false
        throw LightningFailure(
            isCertain && !mayBeUnderWay(failure.message) ? .refused : .unavailable,
            "the wallet answered \(status): \(printable(failure.message))"
        )
    }

    /// Of gRPC, behind which a payment may go on: CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL,
    /// UNAVAILABLE, DATA_LOSS.
    private static let uncertainCodes: Set = [1, 4, 8, 10, 13, 14, 15]

    /// Whether lnd says so of a payment that may still arrive (payments/db/errors.go, routing/router.go), or of a call that it
    /// has given up.
    private static func mayBeUnderWay(_ message: String) -> Bool {
        let words = ["in transition", "in flight", "already exists", "shutting down", "context canceled", "deadline"]
        return words.contains { message.lowercased().contains($0) }
    }

    /// What a node says, for a terminal: no control characters, and no more than a sentence or two.
    static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        return String(String.UnicodeScalarView(scalars.prefix(300)))
    }
}
