package import GatewayKit
internal import Logging
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What lnd is asked, and what is made of its answers. May be used from any thread.
package struct LndNode: Sendable {
    let connection: any LndConnection
    let reader: InvoiceReader
    let hasHints: Bool
    let certificate: String?
    /// `nil`: not known.
    let rights: LndRights?
    let time: TimeSource
    let logger: Logger

    /// lnd's own limit (lnrpc/invoicesrpc/addinvoice.go).
    private static let longestExpiry = Duration.seconds(365 * 86_400)

    init(
        _ connection: any LndConnection,
        network: Bolt11Network,
        hasHints: Bool,
        certificate: String?,
        macaroon: Secret,
        _ services: Services
    ) {
        self.connection = connection
        reader = InvoiceReader(network: network)
        self.hasHints = hasHints
        self.certificate = certificate
        rights = LndRights(macaroonHex: macaroon.text)
        time = services.time
        logger = services.logger
    }

    // MARK: Invoices

    func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        try Self.check(amount, memo, expiresIn)
        let answer: Lnrpc_AddInvoiceResponse
        do throws(LndFault) {
            answer = try await connection.addInvoice(
                .with {
                    $0.memo = memo
                    $0.valueMsat = Int64(clamping: amount.millisatoshis)
                    $0.expiry = expiresIn.secondsRoundedUp
                    $0.private = hasHints
                }
            )
        } catch {
            throw LightningFailure(error, "make an invoice")
        }
        guard let hash = Bytes32(answer.rHash) else {
            throw LightningFailure(.malformed, "lnd made an invoice without a payment hash")
        }
        return try reader.invoice(answer.paymentRequest, made: PaymentHash(hash))
    }

    func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        try Self.check(amount, memo, expiresIn)
        let answer: Invoicesrpc_AddHoldInvoiceResp
        do throws(LndFault) {
            answer = try await connection.addHoldInvoice(
                .with {
                    $0.memo = memo
                    $0.hash = Data(payment.bytes.array)
                    $0.valueMsat = Int64(clamping: amount.millisatoshis)
                    $0.expiry = expiresIn.secondsRoundedUp
                    $0.private = hasHints
                }
            )
        } catch {
            throw LightningFailure(error, "make an invoice for a payment to hold")
        }
        return try reader.invoice(answer.paymentRequest, made: payment)
    }

    private static func check(_ amount: Amount, _ memo: String, _ expiresIn: Duration) throws {
        guard amount > .zero, amount <= .maximum else {
            throw LightningFailure(.refused, "an invoice needs an amount above zero and below all bitcoin there is")
        }
        guard expiresIn > .zero, expiresIn <= longestExpiry else {
            throw LightningFailure(.refused, "an invoice expires after more than nothing and at most a year")
        }
        guard memo.utf8.count <= Bolt11Field.longestBytes else {
            throw LightningFailure(.refused, "a memo has at most \(Bolt11Field.longestBytes) bytes (BOLT 11)")
        }
    }

    func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        let invoice: Lnrpc_Invoice
        do throws(LndFault) {
            invoice = try await connection.lookupInvoice(.with { $0.rHash = Data(payment.bytes.array) })
        } catch {
            if error.isNotFound { return .open }
            throw LightningFailure(error, "look for an invoice")
        }
        return try Self.state(of: invoice, asked: payment)
    }

    package static func state(of invoice: Lnrpc_Invoice, asked payment: PaymentHash) throws -> InvoiceState {
        guard Bytes32(invoice.rHash) == payment.bytes else {
            throw LightningFailure(.malformed, "lnd was asked for one invoice and answered with another")
        }
        switch invoice.state {
        case .open: return .open
        case .accepted: return .held
        case .canceled: return .ended
        case .settled:
            guard invoice.amtPaidMsat >= invoice.valueMsat else {
                throw LightningFailure(.malformed, "lnd calls an invoice settled of which a part is paid")
            }
            return .settled
        case .UNRECOGNIZED(let number):
            throw LightningFailure(.malformed, "lnd knows a state \(number) of invoices that nobody knows here")
        }
    }

    // MARK: Held payments

    func settleInvoice(with preimage: Preimage) async throws {
        do throws(LndFault) {
            try await connection.settleInvoice(.with { $0.preimage = Data(preimage.bytes.array) })
        } catch {
            throw Self.failure(of: error, "settle a payment that it holds")
        }
    }

    func cancelInvoice(_ payment: PaymentHash) async throws {
        do throws(LndFault) {
            try await connection.cancelInvoice(.with { $0.paymentHash = Data(payment.bytes.array) })
        } catch {
            if error.isNotFound { return }
            throw Self.failure(of: error, "cancel an invoice")
        }
    }

    /// Whoever has a payment held takes `refused` for its end, and forgets it: a macaroon that does not allow the call, and
    /// whatever else lnd says of other things than the invoice, is no such word. Nor is it away, though, and may go on selling.
    private static func failure(of fault: LndFault, _ doing: String) -> LightningFailure {
        let failure = LightningFailure(fault, doing)
        guard failure.reason == .refused, !fault.isAboutInvoice else { return failure }
        return LightningFailure(.malformed, failure.description)
    }
}
