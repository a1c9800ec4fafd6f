public import HTTPTypes

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
    public let redemption: Redemption

    /// When its payment must be taken in the ledger (`AuthScheme.redeem`).
    public enum Redemption: Sendable {
        /// Never: nothing else can be bought with the payment.
        case none
        /// Before its first request. Whether an earlier one has done it, the scheme knows.
        case first
        /// Before every request: it pays for one.
        case every
        /// In place of a request: the scheme does what the credential asks for and answers by itself, whether there is
        /// anybody to serve a request or not.
        case instead
    }

    public init(
        scheme: String,
        id: CredentialID,
        payment: PaymentHash,
        caveats: [Caveat],
        redemption: Redemption = .none
    ) {
        self.scheme = scheme
        self.id = id
        self.payment = payment
        self.caveats = caveats
        self.redemption = redemption
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
        /// Its payment has bought something already.
        case used
        /// Its payment has not arrived.
        case unsettled
        /// Less work was done for it than was asked for.
        case work
    }

    public let reason: Reason
    /// One sentence for the client. Never holds the credential or its preimage.
    public let detail: String
    /// 402, and with it a fresh challenge, unless paying would not help.
    public let status: HTTPResponse.Status
    /// A scheme's own words.
    private let ownProblem: Problem?

    public init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
        status = HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
        ownProblem = nil
    }

    /// A rejection in the scheme's own words. `problem` gets the member `reason`.
    public init(_ reason: Reason, status: HTTPResponse.Status, _ problem: Problem) {
        self.reason = reason
        detail = problem.detail
        self.status = status
        ownProblem = problem
    }

    /// The problem that a refusal's body holds, with the member `reason`.
    public var problem: Problem {
        var problem = ownProblem ?? usualProblem
        problem.members.append(.init("reason", reason.rawValue))
        return problem
    }

    private var usualProblem: Problem {
        let (code, title) =
            switch reason {
            case .malformed: ("malformed-credential", "Malformed Credential")
            case .signature, .preimage, .unsettled, .work: ("verification-failed", "Payment Verification Failed")
            case .expired: ("payment-expired", "Payment Expired")
            case .service, .unknownCaveat, .widened, .caveat, .revoked, .used:
                ("invalid-credential", "Credential Not Valid Here")
            }
        return Problem.payment(code, title: title, detail: detail)
    }
}
