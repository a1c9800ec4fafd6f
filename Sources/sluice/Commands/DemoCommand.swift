internal import ArgumentParser
internal import GatewayKit
internal import GatewayPolicy
internal import Logging

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Gateway, development node and a small service, all on loopback, with what to try."
    )

    @Option(help: "The folder for keys and data.")
    var data = ".sluice"

    @OptionGroup var logging: LoggingOptions

    private static let policyFile = "policies/quickstart.yaml"

    func run() async throws {
        var logger = logging.logger
        if logging.level == .notice {
            // What there is to try should not scroll away.
            logger.logLevel = .warning
        }
        let file = FileManager.default.fileExists(atPath: Self.policyFile) ? Self.policyFile : nil
        let policy = try LoadedPolicy(dataFolder: data, logger: logger) { loader in
            file.map { loader.load($0) }
                ?? loader.load(
                    text: String(decoding: PackageResources.quickstart_yaml, as: UTF8.self),
                    named: "quickstart.yaml (built in)"
                )
        }
        let address = policy.plan.listeners.first?.address ?? "127.0.0.1:8402"
        let gateway = Gateway(policy, extraServices: [DemoUpstream.service], drainTimeout: .seconds(3))
        let folder = data
        try await GatewayService.serve(gateway, logger: logger) { _ in
            Terminal.standardOutput(Self.welcome(address: address, policy: file, folder: folder))
        }
        Terminal.standardOutput("\nstopped; every exchange has ended")
    }

    private static func welcome(address: String, policy: String?, folder: String) -> String {
        """
        sluice demo
          gateway    http://\(address)    policy \(policy ?? "built in: quickstart.yaml")
          node       http://127.0.0.1:8403    development only: real invoices, no money
          service    http://\(DemoUpstream.listener.address)    what the gateway stands in front of
          data       \(folder)/

        Try, in another terminal:
          an unpaid request is answered 402, with an invoice
            curl -i http://\(address)/quotes
          pay it and get the answer; the token is kept for the next time
            swift run sluice get -v http://\(address)/quotes
          a stream of events, paid for
            swift run sluice get http://\(address)/stream
          what runs for each route, and the line it came from
            swift run sluice plan

        Ctrl-C stops it.
        """
    }
}
