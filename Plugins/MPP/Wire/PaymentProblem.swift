package import GatewayKit
package import HTTPTypes

/// Why a payment was not taken, by the names of the core draft ("Error Responses") and of the method `lightning`.
package enum PaymentProblem: String, Sendable, CaseIterable {
    case paymentRequired = "payment-required"
    case malformedCredential = "malformed-credential"
    case invalidPayload = "invalid-payload"
    case invalidChallenge = "invalid-challenge"
    case paymentExpired = "payment-expired"
    case verificationFailed = "verification-failed"
    case paymentInsufficient = "payment-insufficient"
    case methodUnsupported = "method-unsupported"
    case badRequest = "bad-request"
    case internalPaymentError = "internal-payment-error"
    case lightningMalformedCredential = "lightning/malformed-credential"
    case lightningUnknownChallenge = "lightning/unknown-challenge"
    case lightningInvalidPreimage = "lightning/invalid-preimage"
    case lightningExpiredInvoice = "lightning/expired-invoice"
    case lightningChallengeExpired = "lightning/challenge-expired"
    case lightningSessionNotFound = "lightning/session-not-found"
    case lightningSessionClosed = "lightning/session-closed"
    case lightningInsufficientBalance = "lightning/insufficient-balance"
    case lightningInvalidReturnInvoice = "lightning/invalid-return-invoice"

    /// Clients show it to people.
    package var title: String {
        switch self {
        case .paymentRequired: "Payment Required"
        case .malformedCredential, .lightningMalformedCredential: "Malformed Credential"
        case .invalidPayload: "Invalid Payload"
        case .invalidChallenge: "Invalid Challenge"
        case .paymentExpired: "Payment Expired"
        case .verificationFailed: "Verification Failed"
        case .paymentInsufficient: "Payment Insufficient"
        case .methodUnsupported: "Method Unsupported"
        case .badRequest: "Bad Request"
        case .internalPaymentError: "Internal Payment Error"
        case .lightningUnknownChallenge: "Unknown Challenge"
        case .lightningInvalidPreimage: "Invalid Preimage"
        case .lightningExpiredInvoice: "Expired Invoice"
        case .lightningChallengeExpired: "Challenge Expired"
        case .lightningSessionNotFound: "Session Not Found"
        case .lightningSessionClosed: "Session Closed"
        case .lightningInsufficientBalance: "Insufficient Balance"
        case .lightningInvalidReturnInvoice: "Invalid Return Invoice"
        }
    }

    package var status: HTTPResponse.Status {
        switch self {
        case .methodUnsupported, .badRequest: .badRequest
        case .internalPaymentError: .serviceUnavailable
        default: HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
        }
    }

    private var reason: Rejection.Reason {
        switch self {
        case .malformedCredential, .invalidPayload, .lightningMalformedCredential, .badRequest, .methodUnsupported,
            .lightningInvalidReturnInvoice:
            .malformed
        case .lightningUnknownChallenge: .signature
        case .paymentExpired, .lightningExpiredInvoice, .lightningChallengeExpired: .expired
        case .verificationFailed, .lightningInvalidPreimage: .preimage
        case .lightningSessionClosed, .lightningInsufficientBalance: .used
        case .paymentRequired, .invalidChallenge, .paymentInsufficient, .internalPaymentError,
            .lightningSessionNotFound:
            .service
        }
    }

    /// - Parameters:
    ///   - detail: one sentence for the client. Never holds the credential.
    ///   - challengeID: of the challenge that is the matter; `nil` where none could be read.
    package func rejection(_ detail: String, challengeID: String? = nil) -> Rejection {
        var problem = Problem.payment(rawValue, title: title, detail: detail)
        if let challengeID {
            problem.members.append(.init("challengeId", challengeID))
        }
        return Rejection(reason, status: status, problem)
    }
}
