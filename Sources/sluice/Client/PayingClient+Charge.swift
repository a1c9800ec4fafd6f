internal import AsyncHTTPClient
internal import GatewayKit
internal import Lightning
internal import MPP
internal import NIOCore
internal import NIOHTTP1

extension PayingClient {
    /// Pays an offer that buys one answer, and asks for that. Nothing is kept: whoever asks again, pays again.
    func response(buying offer: ChargeOffer) async throws -> HTTPClientResponse {
        report("the invoice asks for \(offer.amount)\(offer.invoice.memo.map { " for \($0)" } ?? "")")
        guard offer.amount <= limit else {
            throw CommandFailure(.refused, "this costs \(offer.amount), more than --max \(limit)")
        }
        let payment: Payment
        do {
            payment = try await wallet.withWallet { try await $0.pay(offer.invoice.text, feeLimit: wallet.maxFee) }
        } catch let failure as LightningFailure {
            throw CommandFailure(WalletOptions.status(of: failure), "\(failure)")
        }
        report("paid \(payment.amount), fee \(payment.fee)")
        let field = offer.field(paidWith: payment.preimage)
        report("repeating the request with the proof of payment")
        do {
            let response = try await send(field)
            if response.status == .paymentRequired {
                throw CommandFailure(.refused, "the server does not accept what it sold: \(await reason(response))")
            }
            if let receipt = response.headers.first(name: "Payment-Receipt") {
                let reference = try? PaymentReceipt(decoding: receipt).reference
                report("receipt for the payment \(reference ?? "of no name")")
            }
            return response
        } catch {
            if let failure = error as? CommandFailure, failure.status == .noConnection {
                warn(
                    "this is paid for; until \(offer.challenge.expires ?? "its end") the request may be sent with\n"
                        + "\(field.name): \(field.value)"
                )
            }
            throw error
        }
    }
}
