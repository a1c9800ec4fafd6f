internal import GatewayKit
internal import HTTPTypes

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

// `POST /v2/router/send`, see "Decisions/0003: The development node answers the router call".
extension DevNodeInterface {
    /// `l402-requests` 0.9.0 reads the preimage as base64, though lnd writes hexadecimal.
    static func wantsBase64(_ request: RequestHead) -> Bool {
        request.fields.firstIndex(of: .userAgent)
            .map { request.fields.value(at: $0).hasPrefix("l402-requests/") } == true
    }

    /// A stream of one line, the final state. A payment that lnd would not even try ends it with an error instead.
    func send(_ body: [UInt8], preimageInBase64: Bool) async throws -> Reply {
        let request = try LndREST.decoded(LndREST.PaymentRequest.self, from: body)
        guard let text = request.paymentRequest, !text.isEmpty else {
            throw LndError(.badRequest, "'payment_request' is missing: this wallet pays invoices only")
        }
        let invoice = try Self.invoice(text)
        do {
            let preimage = try await node.pay(
                text,
                amount: request.amount,
                feeLimit: .zero,
                patience: .seconds(600)
            ).preimage.bytes
            let written = preimageInBase64 ? Data(preimage.array).base64EncodedString() : preimage.hex
            return try Self.line(.result(.init(of: invoice, .succeeded, preimage: written)))
        } catch let failure as LightningFailure where failure.reason == .refused {
            return try Self.refusal(failure, of: invoice)
        }
    }

    private static func refusal(_ failure: LightningFailure, of invoice: Bolt11Invoice) throws -> Reply {
        switch failure {
        case DevNode.noRoute:
            return try line(.result(.init(of: invoice, .failed, failureReason: .noRoute)))
        case DevNode.timedOut:
            return try line(.result(.init(of: invoice, .failed, failureReason: .timeout)))
        case DevNode.alreadyPaid:
            // 6: ALREADY_EXISTS.
            return try line(.error(.init(code: 6, message: "\(failure)", details: [])), .conflict)
        default:
            // 2: UNKNOWN, as lnd answers whatever else is wrong with an invoice.
            return try line(.error(.init(code: 2, message: "\(failure)", details: [])), .internalServerError)
        }
    }

    private static func line(_ update: DevRouterUpdate, _ status: HTTPResponse.Status = .ok) throws -> Reply {
        .json(try LndREST.encoded(update) + "\n", status)
    }
}
