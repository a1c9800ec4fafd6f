internal import AsyncHTTPClient
internal import GatewayKit
internal import Lightning
internal import MPP
internal import NIOCore
internal import NIOHTTP1

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

// An offer for one answer is kept, with its payment, from before its invoice is paid until the answer has come.
extension PayingClient {
    /// What an earlier run paid for, or was about to, and got no answer to.
    ///
    /// - Returns: `nil` when there is nothing of that kind, or the server does not take it any more.
    func responseToEarlierCharge() async throws -> HTTPClientResponse? {
        guard var charge = try cache.takeUp(origin: try origin(), request: requestName) else { return nil }
        if let preimage = charge.preimage {
            report("an earlier run paid for this, and got no answer")
            return try await response(presenting: charge, paidWith: preimage, isNew: false)
        }
        guard let proof = try await payment(of: charge).complete() else { return nil }
        charge = keep(charge, proof.preimage)
        return try await response(presenting: charge, paidWith: proof.preimage, isNew: proof.isNew)
    }

    /// Pays an offer that buys one answer, and asks for that.
    func response(buying offer: ChargeOffer) async throws -> HTTPClientResponse {
        report("the invoice asks for \(offer.amount)\(offer.invoice.memo.map { " for \($0)" } ?? "")")
        try InvoicePayment.allow(offer.amount, upTo: limit)
        let charge = PendingCharge(
            origin: try origin(),
            request: requestName,
            challenge: offer.challenge,
            invoice: offer.invoice.text,
            payment: offer.invoice.paymentHash
        )
        try cache.reserve(charge)
        let proof = try await payment(of: charge).pay()
        guard
            let response = try await response(
                presenting: keep(charge, proof.preimage),
                paidWith: proof.preimage,
                isNew: true
            )
        else { throw CommandFailure(.refused, "the server does not accept what it sold") }
        return response
    }

    /// - Returns: `nil` when the server does not take what an earlier run paid for.
    private func response(
        presenting charge: PendingCharge,
        paidWith preimage: Preimage,
        isNew: Bool
    ) async throws -> HTTPClientResponse? {
        let field = charge.field(paidWith: preimage)
        report("repeating the request with the proof of payment")
        let response: HTTPClientResponse
        do {
            response = try await send(field)
        } catch let failure as CommandFailure where failure.status == .noConnection {
            throw CommandFailure(
                .noConnection,
                "\(failure); this is paid for and kept in \(cache.path): run it again until "
                    + "\(charge.challenge.expires ?? "its offer ends")"
            )
        }
        if let receipt = response.headers.first(name: "Payment-Receipt") {
            let reference = try? PaymentReceipt(decoding: receipt).reference
            report("receipt for the payment \(reference ?? "of no name")")
        }
        switch response.status.code {
        case 402:
            let reason = await reason(response)
            try cache.drop(charge)
            if isNew {
                throw CommandFailure(.refused, "the server does not accept what it sold: \(reason)")
            }
            report("402: \(reason)")
            return nil
        case 409, 425, 429, 500...:
            // It may have used nothing up: the next run finds out.
            report("the payment is kept in \(cache.path) and presented again by the next run")
        default:
            try cache.drop(charge)
        }
        return response
    }

    /// A payment is not lost because the disk is full.
    private func keep(_ charge: PendingCharge, _ preimage: Preimage) -> PendingCharge {
        var paid = charge
        paid.preimage = preimage
        do {
            try cache.keep(paid)
        } catch {
            let field = charge.field(paidWith: preimage)
            warn("\(error)\nthis is paid for; keep it, it is sent as\n\(field.name): \(field.value)")
        }
        return paid
    }

    private func payment(of charge: PendingCharge) -> InvoicePayment {
        InvoicePayment(
            invoice: charge.invoice,
            payment: charge.payment,
            limit: limit,
            wallet: wallet,
            path: cache.path,
            forget: { try cache.drop(charge) },
            report: report
        )
    }

    /// What one answer is bought for.
    private var requestName: String {
        let target = url.path(percentEncoded: true) + (url.query(percentEncoded: true).map { "?\($0)" } ?? "")
        return "\(method) \(target.isEmpty ? "/" : target)" + (body.map { " \(BodyDigest.text(of: $0))" } ?? "")
    }
}
