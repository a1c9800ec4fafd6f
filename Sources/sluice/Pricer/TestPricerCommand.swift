internal import ArgumentParser
internal import GatewayKit
internal import GatewayPricing
internal import GatewayRPC
internal import Logging

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct TestPricerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Look whether a price server does what gateways expect, rule by rule. Fails when one is broken.",
        discussion: "Sells bundles for tokens of its own making and spends them: not for a server that is in use."
    )

    @Argument(help: "Where it listens: 127.0.0.1:10010, or unix: and a path.", transform: Self.address)
    var address: ServiceAddress

    @Option(help: "The path of a request that has a price.")
    var path = "/"

    @Option(help: "The body of that request: JSON such as {\"model\":\"small\"}. Without one it is a GET.")
    var body = ""

    @Option(help: "The service that the gateway would name.")
    var service = "conformance"

    @Option(help: "How long an answer may take: 5s.", transform: Self.duration)
    var timeout = Duration.seconds(5)

    @Flag(help: "Connect with TLS. --roots and --certificate do so, too.")
    var tls = false

    @Option(help: "Certificates in PEM that may have signed the server's.")
    var roots: String?

    @Option(help: "A certificate in PEM for a server that asks who connects.")
    var certificate: String?

    @Option(help: "Its private key in PEM.")
    var key: String?

    @Option(help: "The name in the server's certificate, where it is not that of the address.")
    var serverName: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate and --key are told together")
        }
    }

    func run() async throws {
        var settings = ServiceSettings([address], tls: try security(), timeout: timeout)
        // Each call is told of as it ends.
        settings.retries = 0
        settings.breaker.failures = .max
        let client = try ServiceClient(settings, logger: Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() })
        let sample = SampleRequest(path: path, body: body, service: service)
        let outcome: Result<ConformanceReport, ServiceFailure>
        do {
            outcome = .success(try await PriceConformance(client, sample: sample).report())
        } catch {
            outcome = .failure(error)
        }
        await client.stop()
        switch outcome {
        case .failure(let failure): throw CommandFailure(.noConnection, "\(failure)")
        case .success(let report):
            Terminal.standardOutput(json ? JSONOutput.text(report.document) : report.text)
            if !report.isGood { throw CommandFailure(.failed) }
        }
    }

    private func security() throws -> ServiceTLS? {
        guard tls || roots != nil || certificate != nil || serverName != nil else { return nil }
        return ServiceTLS(
            roots: try roots.map(Self.content),
            certificate: try certificate.map(Self.content),
            key: try key.map { Secret(try Self.content($0)) },
            serverName: serverName
        )
    }

    private static func content(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.notFound, "cannot read '\(path)'")
        }
        return String(decoding: data, as: UTF8.self)
    }

    @Sendable private static func address(_ text: String) throws -> ServiceAddress {
        guard let address = ServiceAddress(parsing: text) else {
            throw ValidationError("'\(text)' should be an address such as 127.0.0.1:10010")
        }
        return address
    }

    @Sendable private static func duration(_ text: String) throws -> Duration {
        guard let duration = Duration(parsing: text) else {
            throw ValidationError("'\(text)' should be a duration such as 5s")
        }
        return duration
    }
}
