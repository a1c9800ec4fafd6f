internal import Foundation

/// A token that `sluice get` bought from the gateway under test, with the money of its development node.
struct Token: Decodable {
    private let token: String
    private let preimage: String

    var authorization: String { "L402 \(token):\(preimage)" }

    init(boughtAt url: String, site: Site) throws {
        let file = "\(site.folder)/tokens.json"
        let buying = try ChildProcess(
            [
                site.bench.tools.sluice, "get", "--wallet", "http://127.0.0.1:\(site.walletPort)", "--tokens", file,
                "--max", "100000 sat", url,
            ],
            named: "sluice-get",
            on: .everythingElse,
            workspace: site.bench.workspace,
            tools: site.bench.tools
        )
        _ = try buying.output(within: .seconds(20))
        let tokens = try JSONDecoder().decode([Token].self, from: FileContent.bytes(of: file))
        guard let token = tokens.first else { throw BenchFailure("sluice get bought nothing") }
        self = token
    }
}
