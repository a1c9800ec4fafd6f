internal import ArgumentParser
internal import GatewayKit
internal import Logging
internal import NIOCore

struct ExtAuthzCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ext-authz",
        abstract: "Decide for Envoy, Istio, nginx and other proxies, which forward what is let through.",
        discussion:
            "At the addresses of 'listen' Envoy's external authorisation is answered, over gRPC; with --http also auth_request and the like."
    )

    @OptionGroup var options: PolicyOptions
    @OptionGroup var logging: LoggingOptions

    @Option(
        help: "Where nginx, Traefik and Caddy ask over HTTP: 127.0.0.1:9192, or unix: and a path.",
        transform: Self.address
    )
    var http: ListenerSettings?

    @Option(help: "Networks of proxies that may ask there, beside this machine: 10.0.0.0/8.", transform: Self.network)
    var trust: [Network] = []

    func run() async throws {
        let logger = logging.logger
        let authorizer = Authorizer(http: http, trusted: trust)
        let gateway = Gateway(try options.load(logger: logger), authorizer: authorizer)
        try await GatewayService.serve(gateway, logger: logger) { running in
            let addresses = running.addresses.map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" }
            logger.notice("deciding", metadata: ["listeners": .array(addresses.map { .string($0) })])
        }
    }

    @Sendable private static func address(_ text: String) throws -> ListenerSettings {
        guard let listener = ListenerSettings(parsing: text) else {
            throw ValidationError("'\(text)' should be an address such as 127.0.0.1:9192")
        }
        return listener
    }

    @Sendable private static func network(_ text: String) throws -> Network {
        guard let network = Network(parsing: text) else {
            throw ValidationError("'\(text)' should be a network such as 10.0.0.0/8")
        }
        return network
    }
}
