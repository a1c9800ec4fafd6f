internal import ArgumentParser
internal import GatewayKit
internal import Lightning

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The wallet that pays: the demo's development node, or any node that speaks lnd's REST interface.
struct WalletOptions: ParsableArguments {
    @Option(help: "An lnd REST address.")
    var wallet = "http://127.0.0.1:8403"

    @Option(help: "A file with the wallet's macaroon, as lnd writes it.")
    var macaroon: String?

    @Option(help: "The wallet's certificate (PEM), when no public authority signed it.")
    var certificate: String?

    @Option(name: .customLong("max-fee"), help: "The routing fee to accept.", transform: Self.amount)
    var maxFee = Amount(millisatoshis: 10_000)

    func open() throws -> LndRESTWallet {
        var hex: String?
        if let macaroon {
            guard let content = try? Data(contentsOf: URL(filePath: macaroon)) else {
                throw CommandFailure(.failed, "cannot read the macaroon in \(macaroon)")
            }
            hex = Hex.encoded(content)
        }
        do {
            return try LndRESTWallet(url: wallet, macaroonHex: hex, certificateFile: certificate)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    /// Pays, and says in the command's terms why it could not.
    func pay(_ bolt11: String, with wallet: LndRESTWallet) async throws -> Payment {
        do {
            return try await wallet.pay(bolt11, feeLimit: maxFee)
        } catch let failure as LightningFailure {
            let status: ExitStatus = failure.reason == .unavailable ? .noConnection : .failed
            throw CommandFailure(status, "\(failure)")
        }
    }

    @Sendable static func amount(_ text: String) throws -> Amount {
        guard let amount = Amount(parsing: text) ?? UInt64(text).flatMap(Amount.satoshis) else {
            throw ValidationError("'\(text)' should be \(Expectation.amount)")
        }
        return amount
    }
}
