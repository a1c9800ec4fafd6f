package import GatewayKit

/// Reads invoices of one network: what every backend makes of the texts that its node returns.
package struct InvoiceReader: Sendable {
    package let network: Bolt11Network

    package init(network: Bolt11Network) {
        self.network = network
    }

    /// - Throws: `LightningFailure` of reason `refused` with what is wrong with it.
    package func invoice(_ bolt11: String) throws -> Bolt11Invoice {
        let decoded: Bolt11Invoice
        do {
            decoded = try Bolt11Invoice(decoding: bolt11)
        } catch {
            throw LightningFailure(.refused, "\(error)")
        }
        guard decoded.network == network else {
            throw LightningFailure(
                .refused,
                "the invoice is for the network '\(decoded.network)', and not for '\(network)'"
            )
        }
        return decoded
    }

    /// For `LightningBackend.read`.
    package func read(_ bolt11: String) throws -> PayableInvoice {
        let decoded = try invoice(bolt11)
        return PayableInvoice(payment: decoded.paymentHash, amount: decoded.amount, expiresAt: decoded.expiresAt)
    }

    /// An invoice as its text says, beside the hash that the node named: `InvoiceCheck` compares the two.
    ///
    /// - Throws: `LightningFailure` of reason `malformed`.
    package func invoice(_ bolt11: String, made payment: PaymentHash) throws -> Invoice {
        let decoded: Bolt11Invoice
        do {
            decoded = try invoice(bolt11)
        } catch {
            throw LightningFailure(.malformed, "the node made a wrong invoice: \(error)")
        }
        guard let amount = decoded.amount else {
            throw LightningFailure(.malformed, "the node made an invoice without an amount")
        }
        return Invoice(
            bolt11: decoded.text,
            paymentHash: payment,
            amount: amount,
            expiresAt: decoded.expiresAt
        )
    }
}
