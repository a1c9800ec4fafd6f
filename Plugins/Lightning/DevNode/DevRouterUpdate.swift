internal import GatewayKit

/// One line of the stream with which lnd's REST interface answers `POST /v2/router/send` (lnd,
/// `routerrpc/router.proto`, SendPaymentV2): how a payment stands, or why it was not tried.
enum DevRouterUpdate: Encodable {
    case result(Payment)
    case error(Refusal)

    /// lnd's message `Payment`.
    struct Payment: Encodable {
        enum Status: String, Encodable {
            case succeeded = "SUCCEEDED"
            case failed = "FAILED"
        }

        enum FailureReason: String, Encodable {
            case none = "FAILURE_REASON_NONE"
            case timeout = "FAILURE_REASON_TIMEOUT"
            case noRoute = "FAILURE_REASON_NO_ROUTE"
        }

        let paymentHash: String
        /// Hexadecimal, a text and not bytes; zeros until it succeeded.
        let paymentPreimage: String
        let paymentRequest: String
        let status: Status
        let failureReason: FailureReason
        let valueSat: LndInteger
        let valueMsat: LndInteger
        let feeSat: LndInteger
        let feeMsat: LndInteger
    }

    struct Refusal: Encodable {
        /// gRPC's.
        let code: Int
        let message: String
        let details: [String]
    }

    private enum CodingKeys: String, CodingKey {
        case result, error
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .result(let payment): try values.encode(payment, forKey: .result)
        case .error(let refusal): try values.encode(refusal, forKey: .error)
        }
    }
}

extension DevRouterUpdate.Payment {
    init(
        of invoice: Bolt11Invoice,
        _ status: Status,
        preimage: String = Bytes32.zero.hex,
        failureReason: FailureReason = .none
    ) {
        let amount = invoice.amount?.millisatoshis ?? 0
        self.init(
            paymentHash: invoice.paymentHash.description,
            paymentPreimage: preimage,
            paymentRequest: invoice.text,
            status: status,
            failureReason: failureReason,
            valueSat: LndInteger(amount / 1_000),
            valueMsat: LndInteger(amount),
            feeSat: LndInteger(0),
            feeMsat: LndInteger(0)
        )
    }
}
