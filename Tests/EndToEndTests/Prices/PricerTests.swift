import Foundation
import GatewayKit
import GatewayPricing
import GatewayTesting
import L402
import Logging
import NIOCore
import NIOHTTP1
import PostgresTesting
import Standard
import Testing
import sluice

/// The project's own price server behind metered routes: bundles of a satoshi, a millisatoshi for a token of input, two for one
/// of output.
@Suite(.timeLimit(.minutes(5))) struct `sluice pricer` {
    private static let path = "/v1/chat/completions"

    private static var list: PriceList {
        let rates = ModelRates(
            input: TokenRate(Amount(millisatoshis: 1)),
            output: TokenRate(Amount(millisatoshis: 2)),
            bundle: Amount(millisatoshis: 1_000),
            reserve: 100
        )
        return PriceList(models: ["small": rates], standard: "small")
    }

    /// Uses 501 millisatoshis.
    private static func question(stream: Bool, model: String = "small") -> String {
        #"{"model":"\#(model)","stream":\#(stream),"stream_options":{"include_usage":true},"max_tokens":245}"#
    }

    private func with(_ body: (TestGateway) async throws -> Void) async throws {
        let host = try await PriceHost(
            Self.list,
            at: ListenerSettings(host: "127.0.0.1", port: 0),
            store: .memory,
            logger: Logger(label: "prices") { _ in SwiftLogNoOpLogHandler() }
        )
        let routes = """
              - name: completions
                match: { path: /v1/chat/completions }
                allow: { unbounded-meter: the service ends by itself }
                pipeline:
                  - auth: [{ use: l402, valid-for: 1h }, { use: mpp, intents: [charge, session] }]
                  - caveats: [service, expires]
                  - rate-limit: { limit: 1000/s }
                  - price: { use: grpc, address: "127.0.0.1:\(host.address?.port ?? 0)", timeout: 10s, metered: true }
                  - forward: echo
            """
        let result: Result<Void, any Error>
        do {
            try await ModelUpstream.with { port, _ in
                try await TestGateway.with(routes: routes, echo: port) { try await body($0) }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await host.stop()
        try result.get()
    }

    private func ask(
        _ gateway: TestGateway,
        _ authorization: String? = nil,
        _ question: String = Self.question(stream: false)
    ) async throws -> TestGateway.Answer {
        try await gateway.request(
            Self.path,
            method: .POST,
            [("Content-Type", "application/json")] + (authorization.map { [("Authorization", $0)] } ?? []),
            body: question
        )
    }

    @Test func `sells a bundle that two requests draw from, and then the next one`() async throws {
        try await with { gateway in
            let unpaid = try await ask(gateway)
            expectStatus(402, unpaid)
            #expect(unpaid.body.contains("costs 1 sat"))
            let token = try await gateway.pay(unpaid)
            let streamed = try await ask(gateway, token.authorization, Self.question(stream: true))
            expectStatus(200, streamed)
            #expect(streamed.body.contains(#""total_tokens":256"#))
            let whole = try await ask(gateway, token.authorization)
            expectStatus(200, whole)
            // A report goes out when its response has ended, and nobody waits for it: until then something is reserved.
            var refused = try await ask(gateway, token.authorization)
            while refused.status == 429 { refused = try await ask(gateway, token.authorization) }
            expectStatus(402, refused)
            let next = try await gateway.pay(refused)
            let served = try await ask(gateway, next.authorization)
            expectStatus(200, served)
        }
    }

    @Test func `sells nothing for a model that has no price`() async throws {
        try await with { gateway in
            let answer = try await ask(gateway, nil, Self.question(stream: false, model: "huge"))
            expectStatus(503, answer)
        }
    }

    // MARK: Commands

    @Test func `tells the mistakes of a file with their places`() async throws {
        let folder = try TemporaryFolder()
        let file = "\(folder.path)/prices.yaml"
        let handle = try folder.newFile("prices.yaml")
        let text = """
            models:
              small: { input: 1 msat, output: 2 sats per token }
            default: smal
            """
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
        let command = try await SluiceCommand.run(["pricer", file])
        #expect(command.status == 1)
        #expect(command.error.contains("\(file):2:35: error: 'output' should be \(TokenRate.form)"))
        #expect(command.error.contains("\(file):3:10: error: 'default' should be one of 'models', not 'smal'"))
    }

    @Test(.enabled(if: PostgresServer.isExpected, Comment(rawValue: PostgresServer.whyNot)))
    func `serves prices in several processes that share a database`() async throws {
        let folder = try TemporaryFolder()
        let file = "\(folder.path)/prices.yaml"
        let handle = try folder.newFile("prices.yaml")
        let text = """
            models:
              large: { input: 10 msat, output: 20 msat, bundle: 100 sat, reserve: 100 }
            default: large
            """
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
        let sample = ["--path", "/v1/chat/completions", "--body", #"{"model":"large"}"#]
        try await PostgresServer.shared.withDatabase { address in
            let command = ["pricer", file, "--listen", "127.0.0.1:0", "--store", address]
            let pricers = [try ServingSluice(command, in: folder), try ServingSluice(command, in: folder)]
            for pricer in pricers {
                let port = try await pricer.port()
                let look = try await SluiceCommand.run(["pricer", "test", "127.0.0.1:\(port)"] + sample)
                #expect(look.status == 0, "\(look.text)")
            }
            for pricer in pricers { pricer.send(SIGTERM) }
            for pricer in pricers {
                let status = try await pricer.status()
                #expect(status == 0)
            }
        }
    }

    @Test func `says when its database is not there, or has no address, and repeats no password`() async throws {
        let folder = try TemporaryFolder()
        let file = "\(folder.path)/prices.yaml"
        let handle = try folder.newFile("prices.yaml")
        try handle.write(contentsOf: Data("models: { small: { input: 1 msat, output: 2 msat } }".utf8))
        try handle.close()
        let absent = "postgres://u:open-sesame@127.0.0.1:1/prices"
        let command = try await SluiceCommand.run(["pricer", file, "--store", absent])
        #expect(command.status == 1)
        #expect(command.error.contains("cannot open postgres://127.0.0.1/prices: "))
        let misspelled = try await SluiceCommand.run(["pricer", file, "--store", absent + "?sslmod=require"])
        #expect(misspelled.status == 2)
        #expect(misspelled.error.contains("sslmod"))
        #expect(!(command.error + misspelled.error).contains("sesame"))
    }

    @Test func `looks at a price server, and fails where a rule is broken`() async throws {
        let server = ScriptedPriceServer(.satoshis(-1), knowsOffers: false)
        try await server.serving { port in
            let broken = try await SluiceCommand.run(["pricer", "test", "127.0.0.1:\(port)"])
            #expect(broken.status == 1)
            #expect(broken.text.contains("FAIL    GetPrice says what a request costs\n"))
            #expect(broken.text.contains("        came: -1 satoshis\n"))
            server.script(.satoshis(5))
            let good = try await SluiceCommand.run(["pricer", "test", "127.0.0.1:\(port)"])
            #expect(good.status == 0, "\(good.text)")
        }
    }

    @Test func `says when no price server is there`() async throws {
        let command = try await SluiceCommand.run(["pricer", "test", "127.0.0.1:1"])
        #expect(command.status == 3)
    }
}
