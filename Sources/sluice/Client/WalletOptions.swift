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

    @Option(help: "The wallet's own certificate (PEM), when no public authority signed it: lnd's tls.cert.")
    var certificate: String?

    @Option(name: .customLong("max-fee"), help: "The routing fee to accept.", transform: Self.amount)
    var maxFee = Amount(millisatoshis: 10_000)

    private func open() throws -> LndRESTWallet {
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

    /// Opens the wallet, and closes it after `body`.
    func withWallet<Result>(_ body: (LndRESTWallet) async throws -> Result) async throws -> Result {
        let wallet = try open()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(wallet))
        } catch {
            result = .failure(error)
        }
        // A connection that does not close in order changes nothing about a payment.
        try? await wallet.shutdown()
        return try result.get()
    }

    /// What a command ends with when the wallet did not do what was asked.
    static func status(of failure: LightningFailure) -> ExitStatus {
        failure.reason == .unavailable ? .noConnection : .failed
    }

    @Sendable static func amount(_ text: String) throws -> Amount {
        guard let amount = Amount(parsing: text) ?? UInt64(text).flatMap(Amount.satoshis) else {
            throw ValidationError("'\(text)' should be \(Expectation.amount)")
        }
        return amount
    }
}
