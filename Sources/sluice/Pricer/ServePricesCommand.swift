internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy
internal import GatewayPricing
internal import Logging
internal import NIOCore

struct ServePricesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the prices of a file: 'price: { use: grpc, metered: true }' asks for them.",
        discussion: """
            The file names models with what a token costs in each direction, and what a bundle is:
              models:
                small: { input: 1 msat, output: 2 msat }
                large: { input: 15 sat/1k, output: 45 sat/1k }
              default: small
              bundle: 1M
            """
    )

    @Argument(help: "The file of prices.")
    var prices = "prices.yaml"

    @Option(
        help: "Where gateways ask: an address, or unix: and a path (default: 127.0.0.1:10010).",
        transform: Self.address
    )
    var listen: ListenerSettings?

    // No transform: a value that it refuses would be printed, with the password of a database.
    @Option(help: "Where bundles are kept: \(BookStore.form).")
    var store = "sqlite:.sluice/prices.db"

    @Option(help: "A certificate in PEM, with those that signed it behind it: to listen with TLS.")
    var certificate: String?

    @Option(help: "Its private key in PEM.")
    var key: String?

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate and --key are told together")
        }
        _ = try book
    }

    func run() async throws {
        let (list, mistakes) = SettingsFile().read(prices, word: PriceList.word) { PriceList(from: &$0) }
        guard let list else {
            LoadedPolicy.tell(mistakes: mistakes, warnings: [])
            throw CommandFailure(.failed, mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes")
        }
        let listener = listener
        let store = try book
        let logger = logging.logger
        if store == .memory { logger.warning("what is sold is kept in memory: it is lost when this process ends") }
        let service = PricerService(list: list, listener: listener, store: store, logger: logger) { host in
            let address = host.address.map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" } ?? listener.address
            logger.notice("serving prices", metadata: ["listener": "\(address)", "models": "\(list.models.count)"])
        }
        try await service.serve()
    }

    private var listener: ListenerSettings {
        var listener = listen ?? ListenerSettings(host: "127.0.0.1", port: 10_010)
        if let certificate, let key {
            listener.tls = ServerTLS(.files(default: TLSFiles(certificate: certificate, key: key), others: []))
        }
        return listener
    }

    @Sendable private static func address(_ text: String) throws -> ListenerSettings {
        guard let listener = ListenerSettings(parsing: text) else {
            throw ValidationError("'\(text)' should be an address such as 127.0.0.1:10010")
        }
        return listener
    }

    private var book: BookStore {
        get throws {
            do {
                return try BookStore(parsing: store)
            } catch {
                throw ValidationError("\(error)")
            }
        }
    }
}
