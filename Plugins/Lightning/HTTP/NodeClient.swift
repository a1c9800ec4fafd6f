internal import AsyncHTTPClient
internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1

/// Asks one node over HTTP: what the nodes and wallets share that speak it. TLS is verified, answers are short and come in
/// time, and nobody is followed elsewhere.
final class NodeClient: Sendable {
    let address: NodeAddress
    /// For one answer, where the question does not say.
    let timeout: Duration
    private let name: String
    private let authorities: NodeAuthorities?
    private let fields: [(name: String, value: Secret)]
    /// `nil` before it was started and after it was stopped.
    private let client = NIOLockedValueBox<HTTPClient?>(nil)

    /// - Parameters:
    ///   - name: of the node, as messages have it.
    ///   - fields: go with every question, the secrets that open the node's interface among them.
    init(_ settings: NodeSettings, name: String, fields: [(name: String, value: Secret)]) {
        address = settings.address
        timeout = settings.timeout
        authorities = settings.authorities
        self.name = name
        self.fields = fields
    }

    /// Connects to nobody: the first question does.
    func start() {
        var configuration = HTTPClient.Configuration.forNode(connecting: TimeAmount(timeout))
        authorities?.apply(to: &configuration)
        client.withLockedValue { client in
            guard client == nil else { return }
            client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        }
    }

    func stop() async {
        let stopped = client.withLockedValue { client in
            defer { client = nil }
            return client
        }
        try? await stopped?.shutdown()
    }

    // MARK: Asking

    /// - Parameters:
    ///   - path: with its query; begins with a slash.
    ///   - patience: how long the node may take beyond what answers take; for questions that it holds open.
    ///   - anonymously: as a stranger would, without the secrets.
    /// - Throws: `LightningFailure` where there is no answer, and `CancellationError`.
    func answer(
        _ method: HTTPMethod,
        _ path: String,
        _ body: NodeBody? = nil,
        patience: Duration = .zero,
        anonymously: Bool = false
    ) async throws -> NodeAnswer {
        guard let client = client.withLockedValue({ $0 }) else {
            throw LightningFailure(.unavailable, "\(name) at \(address) is not asked: the gateway has not started")
        }
        var request = HTTPClientRequest(url: address.base + path)
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        if !anonymously {
            for field in fields { request.headers.add(name: field.name, value: field.value.text) }
        }
        if let body {
            request.headers.add(name: "Content-Type", value: body.contentType)
            request.body = .bytes(ByteBuffer(string: body.text))
        }
        do {
            return try await client.answer(to: request, within: timeout + patience)
        } catch {
            throw failure(error)
        }
    }

    /// Why there is no answer.
    private func failure(_ error: any Error) -> any Error {
        switch error {
        case is CancellationError: error
        case let error as HTTPClientError where error == .cancelled: CancellationError()
        default: LightningFailure(error, of: name, at: address.base, within: timeout)
        }
    }
}
