internal import ArgumentParser
internal import AsyncHTTPClient
internal import GatewayKit
internal import NIOCore
internal import NIOHTTP1

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Fetch a URL; pay what a 402 asks for, up to a limit, and print the answer."
    )

    @Argument(help: "An http or https URL.")
    var url: String

    @Option(name: [.customShort("X"), .long], help: "The method.")
    var method = "GET"

    @Option(name: [.customShort("H"), .customLong("header")], help: "A field to send: 'Name: value'.")
    var headers: [String] = []

    @Option(name: [.short, .long], help: "A body to send; @file reads it from a file.")
    var data: String?

    @Option(name: .customLong("max"), help: "The most to pay.", transform: WalletOptions.amount)
    var limit = Amount(millisatoshis: 100_000)

    @Option(
        help: "Bits of a proof of work that are worked for rather than paid, where a server offers it; 0: none."
    )
    var work = 20

    @OptionGroup var wallet: WalletOptions

    @Option(help: "The file that keeps the tokens.")
    var tokens = ".sluice/tokens.json"

    @Flag(name: .shortAndLong, help: "Say each step, on standard error.")
    var verbose = false

    func run() async throws {
        do {
            try await PayingClient.withConnections(fetch)
        } catch let failure as CommandFailure {
            // It may quote the server and the wallet.
            throw CommandFailure(failure.status, failure.description.printable)
        }
    }

    private func fetch(_ connections: HTTPClient) async throws {
        guard let target = URL(string: url) else {
            throw CommandFailure(.usage, "'\(url)' should be an http or https URL")
        }
        let isVerbose = verbose
        let client = PayingClient(
            method: method,
            url: target,
            fields: try headers.map(Self.field),
            body: try data.map(Self.body),
            limit: limit,
            work: work,
            wallet: wallet,
            cache: try TokenCache(path: tokens),
            connections: connections,
            report: { step in
                if isVerbose { Terminal.standardError("* \(step.printable)") }
            },
            warn: { Terminal.standardError("warning: \($0)") }
        )
        let response = try await client.response()
        do {
            for try await part in response.body {
                // Whoever reads has enough.
                guard try StandardOutput.write(part.readableBytesView) else { return }
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.noConnection, "the answer broke off: \(error)")
        }
        switch response.status.code {
        case ..<400: return
        case 404, 410: throw CommandFailure(.notFound, "\(response.status.code) \(response.status.reasonPhrase)")
        case 401, 402, 403, 429:
            throw CommandFailure(.refused, "\(response.status.code) \(response.status.reasonPhrase)")
        default: throw CommandFailure(.failed, "\(response.status.code) \(response.status.reasonPhrase)")
        }
    }

    private static func field(_ text: String) throws -> (String, String) {
        guard let colon = text.firstIndex(of: ":"), let name = FieldName(text[..<colon]) else {
            throw CommandFailure(.usage, "'\(text)' should be 'Name: value'")
        }
        return (name.text, String(text[text.index(after: colon)...].drop { $0 == " " }))
    }

    private static func body(_ text: String) throws -> ByteBuffer {
        guard text.hasPrefix("@") else { return ByteBuffer(string: text) }
        let file = String(text.dropFirst())
        guard let content = try? Data(contentsOf: URL(filePath: file)) else {
            throw CommandFailure(.failed, "cannot read \(file)")
        }
        return ByteBuffer(bytes: content)
    }
}
