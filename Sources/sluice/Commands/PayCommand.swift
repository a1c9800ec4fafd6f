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
        let node = try wallet.open()
        let payment: Payment
        do {
            payment = try await wallet.pay(invoice, with: node)
            try await node.shutdown()
        } catch {
            try? await node.shutdown()
            throw error
        }
        let preimage = payment.preimage.bytes.hex
        if json || !Terminal.isInteractive {
            Terminal.standardOutput(
                #"{"amount_msat":\#(payment.amount.millisatoshis),"fee_msat":\#(payment.fee.millisatoshis),"#
                    + #""preimage":"\#(preimage)"}"#
            )
        } else {
            Terminal.standardOutput("paid      \(payment.amount)\nfee       \(payment.fee)\npreimage  \(preimage)")
        }
    }
}
