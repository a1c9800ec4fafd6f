import AsyncHTTPClient
import GatewayKit
import HTTPTypes
import NIOCore
import NIOHTTP1
import Testing
import sluice

/// Somebody with a folder of tokens and a wallet: the development node, behind a service that may spoil its answers.
struct Shopper {
    typealias Answer = @Sendable (ScriptedService.Call) async throws -> Reply

    let gateway: TestGateway
    let wallet: ScriptedService
    let folder: TemporaryFolder

    var tokens: String { "\(folder.path)/kept/tokens.json" }

    var cache: TokenCache {
        get throws { try TokenCache(path: tokens) }
    }

    /// `http://127.0.0.1:port` of the gateway.
    var origin: String { gateway.url }

    /// The invoices that the wallet was asked to pay.
    var payments: [String] { wallet.calls.filter(\.isPayment).map(\.body) }

    /// Runs `body` with a gateway and a wallet that answers what `answer` makes of the node's interface.
    static func with<Result>(
        routes: String = TestGateway.standardRoutes,
        wallet answer: @escaping @Sendable (ScriptedService.Call, _ node: Answer) async throws -> Reply = {
            try await $1($0)
        },
        _ body: (Shopper) async throws -> Result
    ) async throws -> Result {
        try await TestGateway.with(routes: routes) { gateway in
            let node = forwarding(to: gateway.node)
            return try await ScriptedService.with {
                try await answer($0, node)
            } _: { wallet in
                try await body(Shopper(gateway: gateway, wallet: wallet, folder: TemporaryFolder()))
            }
        }
    }

    private static func forwarding(to node: String) -> Answer {
        { call in
            var request = HTTPClientRequest(url: node + call.target)
            request.method = HTTPMethod(rawValue: call.method)
            if !call.body.isEmpty { request.body = .bytes(ByteBuffer(string: call.body)) }
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
            let body = try await response.body.collect(upTo: 1 << 20)
            return .json(String(buffer: body), HTTPResponse.Status(code: Int(response.status.code)))
        }
    }

    /// `sluice get`, with the tokens of this folder.
    func get(
        _ path: String,
        _ arguments: [String] = [],
        wallet: String? = nil,
        at base: String? = nil
    ) async throws -> SluiceCommand {
        try await SluiceCommand.run(
            ["get", (base ?? gateway.url) + path, "--tokens", tokens, "--wallet", wallet ?? self.wallet.url] + arguments
        )
    }
}

extension ScriptedService.Call {
    var isPayment: Bool { target == "/v1/channels/transactions" }
}

extension Reply {
    /// What a wallet's proxy answers when it did not hear from the wallet.
    static let walletIsAway = Reply.json(
        #"{"code":14,"message":"the wallet did not answer","details":[]}"#,
        .serviceUnavailable
    )
}
