package import GatewayKit
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension LndNode {
    /// How long lnd may take to say that it looks for a way no more.
    private static let slack = Duration.seconds(15)

    func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        let invoice = try reader.invoice(bolt11)
        guard let paid = invoice.amount ?? amount, paid > .zero, paid <= .maximum, amount == nil || amount == paid
        else {
            throw LightningFailure(.refused, "the amount should be the invoice's, or chosen where it has none")
        }
        guard invoice.expiresAt > time.now() else { throw LightningFailure(.refused, "the invoice has expired") }
        let told: Lnrpc_Payment?
        do throws(LndFault) {
            told = try await connection.sendPayment(
                .with {
                    $0.paymentRequest = invoice.text
                    $0.amtMsat = invoice.amount == nil ? Int64(clamping: paid.millisatoshis) : 0
                    $0.timeoutSeconds = Int32(clamping: max(1, patience.secondsRoundedUp))
                    $0.feeLimitMsat = Int64(clamping: feeLimit.millisatoshis)
                    $0.noInflightUpdates = true
                },
                timeout: patience + Self.slack
            )
        } catch {
            throw Self.failure(of: error)
        }
        guard let end = told else {
            throw LightningFailure(.unavailable, "lnd ended its answer before the payment had ended")
        }
        switch try Self.state(of: end, payment: invoice.paymentHash) {
        case .paid(let payment): return payment
        case .unpaid: throw LightningFailure(.refused, "lnd could not pay: \(Self.words(for: end.failureReason))")
        case .underWay: throw LightningFailure(.unavailable, "the payment is still under way")
        }
    }

    /// UNKNOWN may stand for what went wrong after the payment had begun: `payment` knows what became of it.
    private static func failure(of fault: LndFault) -> LightningFailure {
        let failure = LightningFailure(fault, "pay")
        guard fault.reason == .status(2), !fault.isAboutRights else { return failure }
        return LightningFailure(.unavailable, failure.description)
    }

    func payment(_ payment: PaymentHash) async throws -> PaymentState {
        let told: Lnrpc_Payment?
        do throws(LndFault) {
            told = try await connection.trackPayment(.with { $0.paymentHash = Data(payment.bytes.array) })
        } catch {
            if error.isNotInitiated { return .unpaid }
            throw LightningFailure(error, "tell of a payment")
        }
        guard let update = told else { throw LightningFailure(.unavailable, "lnd says nothing of the payment") }
        return try Self.state(of: update, payment: payment)
    }

    package static func state(of update: Lnrpc_Payment, payment: PaymentHash) throws -> PaymentState {
        guard update.paymentHash.lowercased() == payment.bytes.hex else {
            throw LightningFailure(.malformed, "lnd was asked for one payment and answered with another")
        }
        switch update.status {
        case .succeeded:
            guard let preimage = Bytes32(hex: update.paymentPreimage), preimage.sha256 == payment.bytes else {
                throw LightningFailure(.malformed, "lnd answered with a preimage that is not the payment's")
            }
            return .paid(
                Payment(
                    preimage: Preimage(preimage),
                    amount: Amount(millisatoshis: UInt64(clamping: update.valueMsat)),
                    fee: Amount(millisatoshis: UInt64(clamping: update.feeMsat))
                )
            )
        case .failed: return .unpaid
        case .inFlight, .initiated: return .underWay
        case .unknown, .UNRECOGNIZED:
            throw LightningFailure(.malformed, "lnd does not say what became of the payment")
        }
    }

    private static func words(for reason: Lnrpc_PaymentFailureReason) -> String {
        switch reason {
        case .failureReasonTimeout: "no way was found in time"
        case .failureReasonNoRoute: "there is no way, or none at this fee"
        case .failureReasonIncorrectPaymentDetails: "the payee does not take the payment"
        case .failureReasonInsufficientBalance: "the node's balance does not suffice"
        case .failureReasonCanceled: "the payment was cancelled"
        case .failureReasonNone, .failureReasonError, .UNRECOGNIZED: "for a reason that it does not tell"
        }
    }
}
