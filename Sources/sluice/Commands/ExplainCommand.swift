internal import ArgumentParser
internal import GRPCPricer
internal import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import NIOHTTP1

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why a request is answered as it is: tried without a socket, or looked up by its decision id.",
        usage: """
            sluice explain [<policies>] <method> <URL> [-H <header>] ... [--data <data>] [--token <token>] [--pricer <answer>]
            sluice explain [<policies>] <decision id>
            """
    )

    @Argument(help: "A policy file or a folder, and a method and a URL; or a decision id, as refusals carry it.")
    var words: [String]

    @Option(name: [.customShort("H"), .customLong("header")], help: "A field of the request: 'Name: value'.")
    var headers: [String] = []

    @Option(name: [.short, .long], help: "The body of the request.")
    var data: String?

    @Option(help: "What Authorization presents: an L402 token (macaroon:preimage), or 'scheme value'.")
    var token: String?

    @Option(help: "The address of the client.")
    var client = "127.0.0.1"

    @Option(help: "What a price server would answer, as tests say it: '10 sat', down, slow, refused or wrong.")
    var pricer: String?

    @Option(help: "The folder with the keys that a token is verified with (default: .sluice beside the policies).")
    var keys: String?

    @Option(help: "Where the gateway answers its operator, for a decision id (default: 'admin' of the policies).")
    var admin: String?

    @Flag(help: "JSON, as when piped.")
    var json = false

    func run() async throws {
        if let last = words.last, words.count <= 2, let id = ExchangeID(parsing: last.lowercased()) {
            return try await look(up: id, policies: words.count == 2 ? words[0] : "policies")
        }
        guard (1...3).contains(words.count) else {
            throw CommandFailure(.usage, "name a method and a URL, or a decision id: explain GET http://host/path")
        }
        let url = words[words.count - 1]
        let method = words.count > 1 ? words[words.count - 2] : "GET"
        let policies = words.count == 3 ? words[0] : "policies"
        try await explain(try request(method, url), policies: policies)
    }

    private func explain(_ request: TrialRequest, policies: String) async throws {
        guard FileManager.default.fileExists(atPath: policies) else {
            throw CommandFailure(.notFound, "there is no '\(policies)': name a policy file or a folder of them")
        }
        let keys = keys ?? PolicyOptions.defaultDataFolder(beside: policies)
        let now = TimeSource.system.now()
        let answer = try pricer.map { text -> PolicyTest.PricerAnswer in
            guard let answer = PolicyTest.PricerAnswer(parsing: text) else {
                throw CommandFailure(.usage, "--pricer should be \(PolicyTest.PricerAnswer.form), not '\(text)'")
            }
            return answer
        }
        let gateway = try await TrialGateway(keysOf: keys, at: now) { $0.load(policies) }
        if let answer { gateway.prices.script(ScriptedPrices.Answer(answer)) }
        let document: ExplanationDocument
        do {
            document = try await Explainer(gateway).explanation(of: request)
        } catch {
            await gateway.stop()
            throw error
        }
        await gateway.stop()
        if token != nil || headers.contains(where: { $0.lowercased().hasPrefix("authorization") }) {
            Terminal.standardError("note: what was revoked, or used up before, is known to a running gateway alone")
        }
        print(document)
        if document.route == nil { throw CommandFailure(.notFound) }
    }

    private func print(_ document: ExplanationDocument) {
        let isJSON = json || !Terminal.isInteractive
        Terminal.standardOutput(isJSON ? document.json() : ExplanationTable(document).text())
    }

    // MARK: The request

    private func request(_ method: String, _ url: String) throws -> TrialRequest {
        guard let parsed = PolicyTest.Request.one(method: method, url: url) else {
            throw CommandFailure(.usage, "'\(method) \(url)' should be a method and an http or https URL")
        }
        guard let address = IPAddress(client) else {
            throw CommandFailure(.usage, "'\(client)' should be an address such as 192.0.2.1")
        }
        var request = TrialRequest(parsed, body: data)
        request.peer = address
        request.fields = try headers.map { header in
            let parts = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = FieldName(String(parts[0])) else {
                throw CommandFailure(.usage, "'\(parts[0])' should be a field such as 'Accept: text/html'")
            }
            return (name.text, String(parts[1].drop { $0 == " " }))
        }
        if let token {
            request.fields.append(("authorization", token.contains(" ") ? token : "L402 \(token)"))
        }
        return request
    }

    // MARK: A running gateway

    private func look(up id: ExchangeID, policies: String) async throws {
        let address = try admin ?? Self.adminAddress(of: policies)
        let (status, body) = try await AdminOptions.answer(of: address, to: .GET, "/explain/\(id)")
        guard status == .ok else {
            throw CommandFailure(
                status == .notFound ? .notFound : .failed,
                "the gateway knows nothing of \(id): \(status.code)"
            )
        }
        guard !json, Terminal.isInteractive,
            let document = try? JSONDecoder().decode(ExplanationDocument.self, from: Data(body.readableBytesView))
        else {
            Terminal.standardOutput(String(buffer: body).trimmingLineEnd)
            return
        }
        Terminal.standardOutput(ExplanationTable(document).text())
    }

    private static func adminAddress(of policies: String) throws -> String {
        let logger = Logger(label: "sluice") { _ in SwiftLogNoOpLogHandler() }
        guard FileManager.default.fileExists(atPath: policies),
            let policy = try? LoadedPolicy(
                dataFolder: ".sluice",
                logger: logger,
                printsWarnings: false,
                load: { $0.load(policies) }
            ),
            let listener = policy.plan.admin
        else {
            throw CommandFailure(
                .usage,
                "'\(policies)' names no 'admin' listener that could be asked; name one with --admin 127.0.0.1:8404"
            )
        }
        return listener.address
    }
}

extension String {
    fileprivate var trimmingLineEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}
