internal import AsyncHTTPClient
package import GatewayKit
internal import NIOCore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension LndRESTWallet {
    /// What became of a payment: asked of lnd's payments, and then of its invoices, in case the wallet is the payee.
    ///
    /// Waits for the end of a payment that is under way, as long as for any answer.
    ///
    /// - Throws: `LightningFailure` when the wallet does not answer, or does not permit the question.
    package func state(of payment: PaymentHash) async throws -> LndPaymentState {
        let tracked = try await trackedState(of: payment)
        guard tracked == .unknown else { return tracked }
        return try await invoiceState(of: payment)
    }

    /// lnd, `routerrpc.Router/TrackPaymentV2`.
    private func trackedState(of payment: PaymentHash) async throws -> LndPaymentState {
        // Bytes in a path are base64 with the URL's alphabet (gRPC-Gateway).
        let name = Data(payment.bytes.array).base64EncodedString().map { character -> Character in
            switch character {
            case "+": "-"
            case "/": "_"
            default: character
            }
        }
        do {
            let bytes = try await firstLine(of: "/v2/router/track/\(String(name))?no_inflight_updates=true")
            return try Self.trackedState(of: payment, in: bytes)
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            // With an answer that has not ended lnd says that the payment has not ended.
            return .underWay
        } catch {
            throw failure(error)
        }
    }

    package static func trackedState(of payment: PaymentHash, in bytes: [UInt8]) throws -> LndPaymentState {
        let answer = try? LndREST.decoded(LndREST.TrackedPayment.self, from: bytes)
        guard let result = answer?.result else {
            let error = try answer?.error ?? failure(in: bytes)
            // channeldb.ErrPaymentNotInitiated.
            return try isNotFound(error, saying: "isn't initiated") ? .unpaid : .unknown
        }
        switch result.status {
        case "SUCCEEDED":
            guard let preimage = result.paymentPreimage.flatMap({ Bytes32(hex: $0) }),
                preimage.sha256 == payment.bytes
            else {
                throw LightningFailure(.malformed, "the wallet answered with a preimage that is not the payment's")
            }
            return .settled(Preimage(preimage))
        case "FAILED": return .unpaid
        default: return .underWay
        }
    }

    /// lnd, `lnrpc.Lightning/LookupInvoice`.
    private func invoiceState(of payment: PaymentHash) async throws -> LndPaymentState {
        do {
            return try Self.invoiceState(of: payment, in: try await firstLine(of: "/v1/invoice/\(payment)"))
        } catch {
            throw failure(error)
        }
    }

    package static func invoiceState(of payment: PaymentHash, in bytes: [UInt8]) throws -> LndPaymentState {
        guard let invoice = try? LndREST.decoded(LndREST.InvoiceLookup.self, from: bytes) else {
            _ = try isNotFound(failure(in: bytes))
            return .unknown
        }
        switch invoice.state {
        case "SETTLED":
            // Of a node's invoice for another's payment, the node may not say the preimage.
            guard let preimage = invoice.rPreimage.flatMap({ Bytes32($0) }), preimage.sha256 == payment.bytes else {
                return .unknown
            }
            return .settled(Preimage(preimage))
        case "ACCEPTED": return .underWay
        default: return .unpaid
        }
    }

    // MARK: Answers

    private static func failure(in bytes: [UInt8]) throws -> LndREST.Failure {
        guard let failure = try? LndREST.decoded(LndREST.Failure.self, from: bytes) else {
            throw LightningFailure(.malformed, "the wallet answered, and not as lnd does")
        }
        return failure
    }

    /// True when it is the error that says `words`; false when the wallet does not have what was asked for.
    private static func isNotFound(_ failure: LndREST.Failure, saying words: String = "") throws -> Bool {
        if !words.isEmpty, failure.message.contains(words) { return true }
        switch failure.code {
        // gRPC codes NOT_FOUND and UNIMPLEMENTED.
        case 5, 12: return false
        // UNAVAILABLE.
        case 14: throw LightningFailure(.unavailable, "the wallet answered: \(printable(failure.message))")
        default: throw LightningFailure(.refused, "the wallet answered: \(printable(failure.message))")
        }
    }

    /// The first line of the answer: lnd keeps some answers open behind it. It is here in time, or not at all.
    private func firstLine(of path: String) async throws -> [UInt8] {
        let line = try await outcome(within: Duration(timeout)) { [self] () async throws -> [UInt8] in
            let response = try await client.execute(request(to: path), timeout: timeout)
            var bytes = [UInt8]()
            for try await part in response.body {
                bytes += part.readableBytesView
                if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) { return Array(bytes[..<end]) }
                guard bytes.count <= Self.longestAnswer.bytes else {
                    throw NIOTooManyBytesError(maxBytes: Self.longestAnswer.bytes)
                }
            }
            return bytes
        }
        guard let line else { throw HTTPClientError.deadlineExceeded }
        return line
    }
}
