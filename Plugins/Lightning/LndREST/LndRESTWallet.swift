internal import AsyncHTTPClient
package import GatewayKit
package import NIOCore

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
            throw LightningFailure(.refused, "the wallet could not pay: \(printable(answer.paymentError))")
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
            let response = try await client.execute(request, timeout: timeout)
            let bytes = try await response.body.collect(upTo: Self.longestAnswer.bytes)
            return (Array(bytes.readableBytesView), "\(response.status)")
        } catch {
            throw failure(error)
        }
    }

    /// A POST, with the macaroon.
    func request(to path: String, body: String) -> HTTPClientRequest {
        var request = request(to: path, contentType: "application/json")
        Self.set(&request.method, "POST")
        request.body = .bytes(ByteBuffer(string: body))
        return request
    }

    /// A GET, with the macaroon.
    func request(to path: String, contentType: String? = nil) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        let fields = [
            contentType.map { ("Content-Type", $0) }, macaroon.map { ("Grpc-Metadata-macaroon", $0.text) },
        ].compactMap(\.self)
        switch fields.count {
        case 1: Self.set(&request.headers, fields[0])
        case 2: Self.set(&request.headers, fields[0], fields[1])
        default: break
        }
        return request
    }

    /// Why there is no answer.
    func failure(_ error: any Error) -> LightningFailure {
        LightningFailure(error, of: "the wallet", at: base, within: Duration(timeout))
    }

    // The types of a request's method and headers are NIOHTTP1's, which this module does not import: they are made by
    // their protocols.

    private static func set<Method: RawRepresentable<String>>(_ method: inout Method, _ text: String) {
        method = Method(rawValue: text) ?? method
    }

    private static func set<Headers: ExpressibleByDictionaryLiteral>(
        _ headers: inout Headers,
        _ field: (String, String)
    ) where Headers.Key == String, Headers.Value == String {
        headers = Headers(dictionaryLiteral: field)
    }

    private static func set<Headers: ExpressibleByDictionaryLiteral>(
        _ headers: inout Headers,
        _ first: (String, String),
        _ second: (String, String)
    ) where Headers.Key == String, Headers.Value == String {
        headers = Headers(dictionaryLiteral: first, second)
    }

    private static func answer(in bytes: [UInt8], status: String) throws -> LndREST.PaymentAnswer {
        if let answer = try? LndREST.decoded(LndREST.PaymentAnswer.self, from: bytes) { return answer }
        guard let failure = try? LndREST.decoded(LndREST.Failure.self, from: bytes) else {
            throw LightningFailure(.malformed, "the wallet answered \(status), and not as lnd does")
        }
        // gRPC code 14: UNAVAILABLE.
        throw LightningFailure(
            failure.code == 14 ? .unavailable : .refused,
            "the wallet answered \(status): \(printable(failure.message))"
        )
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
