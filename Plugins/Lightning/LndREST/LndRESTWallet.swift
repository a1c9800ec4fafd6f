internal import AsyncHTTPClient
package import GatewayKit
internal import NIOCore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Pays invoices from an lnd node, over its REST interface.
package final class LndRESTWallet: Sendable {
    /// Without a slash at its end.
    private let base: String
    private let macaroon: Secret?
    private let client: HTTPClient

    private static let timeout = TimeAmount.seconds(60)
    private static let longestAnswer = ByteCount.mebibytes(1)

    /// - Parameters:
    ///   - url: `http` or `https`; a macaroon goes over plain `http` to this machine only.
    ///   - certificateFile: not supported yet: nodes with a certificate of their own cannot be reached.
    /// - Throws: `StartFailure` when one of them cannot be used.
    package init(url: String, macaroonHex: String?, certificateFile: String?) throws {
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
        guard certificateFile == nil else {
            throw StartFailure("a certificate of the wallet's own is not supported; the system must trust it")
        }
        base = url.hasSuffix("/") ? String(url.dropLast()) : url
        macaroon = macaroonHex.map(Secret.init)
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(10)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    package func shutdown() async throws {
        try await client.shutdown()
    }

    /// - Throws: `LightningFailure`. After `unavailable` the payment may still be under way; asking again is safe, since
    ///   lnd pays one invoice once.
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
        var request = HTTPClientRequest(url: base + "/v1/channels/transactions")
        Self.set(&request.method, "POST")
        if let macaroon {
            Self.set(&request.headers, ("Content-Type", "application/json"), ("Grpc-Metadata-macaroon", macaroon.text))
        } else {
            Self.set(&request.headers, ("Content-Type", "application/json"))
        }
        request.body = .bytes(ByteBuffer(string: body))
        do {
            let response = try await client.execute(request, timeout: Self.timeout)
            let bytes = try await response.body.collect(upTo: Self.longestAnswer.bytes)
            return (Array(bytes.readableBytesView), "\(response.status)")
        } catch is NIOTooManyBytesError {
            throw LightningFailure(.malformed, "the wallet's answer is longer than \(Self.longestAnswer)")
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw LightningFailure(.unavailable, "the wallet did not answer in 60s; the payment may still be under way")
        } catch {
            throw LightningFailure(.unavailable, "no answer from the wallet at \(base): \(error)")
        }
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
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }).prefix(300)
        )
    }
}
