internal import ArgumentParser
internal import GatewayKit
internal import Lightning

struct PayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pay",
        abstract: "Pay an invoice with the development wallet, or any node that speaks lnd's REST interface."
    )

    @Argument(help: "A BOLT 11 invoice: lnbc..., lnbcrt...")
    var invoice: String

    @OptionGroup var wallet: WalletOptions

    @Flag(help: "JSON, as when piped.")
    var json = false

    func run() async throws {
        let payment: Payment
        do {
            payment = try await wallet.withWallet { try await $0.pay(invoice, feeLimit: wallet.maxFee) }
        } catch let failure as LightningFailure {
            let hint = failure.reason == .refused ? "" : "; the payment may still arrive"
            throw CommandFailure(WalletOptions.status(of: failure), "\(failure)\(hint)".printable)
        }
        let preimage = payment.preimage.bytes.hex
        let text =
            json || !Terminal.isInteractive
            ? #"{"amount_msat":\#(payment.amount.millisatoshis),"fee_msat":\#(payment.fee.millisatoshis),"#
                + #""preimage":"\#(preimage)"}"#
            : "paid      \(payment.amount)\nfee       \(payment.fee)\npreimage  \(preimage)"
        do {
            _ = try StandardOutput.write("\(text)\n".utf8)
        } catch {
            // The proof of a payment that was made is not lost because the disk is full.
            Terminal.standardError(text)
            throw error
        }
    }
}
