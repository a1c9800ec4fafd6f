/// A credential that a scheme recognised and whose proof of payment is right. Its caveats are another stage's matter.
///
/// Immutable, so that one that was verified before can be remembered and shared.
public final class Credential: Sendable {
    /// The word of the scheme that recognised it: `l402`.
    public let scheme: String
    public let id: CredentialID
    public let payment: PaymentHash
    /// In the order in which they were added: the seller's first, the holder's after.
    public let caveats: [Caveat]

    public init(scheme: String, id: CredentialID, payment: PaymentHash, caveats: [Caveat]) {
        self.scheme = scheme
        self.id = id
        self.payment = payment
        self.caveats = caveats
    }
}

/// Why a credential that was presented does not count. The answer is a fresh challenge that says so.
public struct Rejection: Error, Hashable, Sendable {
    public enum Reason: String, Hashable, Sendable {
        /// It cannot be read.
        case malformed
        /// The signature is not the gateway's, or the key it was signed with is gone.
        case signature
        /// The preimage is not that of the payment.
        case preimage
        case expired
        /// Bought for something else.
        case service
        /// Carries a caveat that this route does not understand.
        case unknownCaveat = "unknown-caveat"
        /// A later caveat permits more than an earlier one.
        case widened
        /// A caveat does not permit this request.
        case caveat
        case revoked
    }

    public let reason: Reason
    /// One sentence for the client. Never holds the credential or its preimage.
    public let detail: String

    public init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    /// The problem that a refusal's body holds, with the member `reason`.
    public var problem: Problem {
        let (code, title) =
            switch reason {
            case .malformed: ("malformed-credential", "Malformed Credential")
            case .signature, .preimage: ("verification-failed", "Payment Verification Failed")
            case .expired: ("payment-expired", "Payment Expired")
            case .service, .unknownCaveat, .widened, .caveat, .revoked:
                ("invalid-credential", "Credential Not Valid Here")
            }
        var problem = Problem.payment(code, title: title, detail: detail)
        problem.members.append(.init("reason", reason.rawValue))
        return problem
    }
}
