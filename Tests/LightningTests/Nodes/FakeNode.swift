import GatewayKit
import Lightning

/// A node that speaks its protocol faithfully, until it is told to misbehave.
protocol FakeNode: Sendable {
    /// What it has been asked to be paid for.
    var books: FakeBooks { get }
    /// Everybody else, whom it can pay.
    var others: FakeBooks { get }
    var faults: FakeFaults { get }

    func answer(_ request: FakeHTTP.Request) async -> FakeHTTP.Reaction
    func backend(at port: Int, _ authorities: NodeAuthorities?) throws -> any LightningBackend
}

extension FakeNode {
    private func react(_ request: FakeHTTP.Request) async -> FakeHTTP.Reaction {
        if let reaction = faults.react?(request) { return reaction }
        let reaction = await answer(request)
        guard case .answer(let status, let body) = reaction, let rewrite = faults.rewrite else { return reaction }
        return .answer(status, rewrite(request, body))
    }

    /// Serves it, and a backend that asks it.
    func serve<Result>(
        _ identity: Identity? = nil,
        trusting authorities: NodeAuthorities? = nil,
        port: Int = 0,
        _ body: (any LightningBackend, FakeHTTP) async throws -> Result
    ) async throws -> Result {
        try await FakeHTTP.with(identity, port: port, respond: { [self] in await react($0) }) { server in
            let backend = try backend(at: server.port, authorities)
            try await backend.start()
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await body(backend, server))
            } catch {
                result = .failure(error)
            }
            await backend.stop()
            return try result.get()
        }
    }

    func address(at port: Int, isSecure: Bool) throws -> NodeAddress {
        guard let address = NodeAddress(parsing: "\(isSecure ? "https" : "http")://127.0.0.1:\(port)") else {
            throw FakeBooks.Refused()
        }
        return address
    }

    /// Settings of a node at a port, with short times.
    func settings(at port: Int, _ authorities: NodeAuthorities?) throws -> NodeSettings {
        var settings = NodeSettings(
            address: try address(at: port, isSecure: authorities != nil),
            authorities: authorities
        )
        settings.network = books.network
        return settings
    }
}
