import GatewayKit
import GatewayTesting
import Lightning

/// A backend that asks a `FakeWallet` over its relays.
enum NWCExample {
    /// Adds relays to the wallet, and starts a backend that knows them.
    ///
    /// - Parameters:
    ///   - introduces: whether the wallet says what it can.
    ///   - timeout: for an answer.
    static func with<Result>(
        _ wallet: FakeWallet,
        relays count: Int = 1,
        introduces: Bool = true,
        timeout: Duration = .seconds(10),
        store: any Store = MemoryStore(),
        _ body: (NWCBackend, [FakeRelay]) async throws -> Result
    ) async throws -> Result {
        var relays = [FakeRelay]()
        for _ in 0..<count {
            relays.append(try await wallet.addRelay())
        }
        if introduces { wallet.introduce() }
        let backend = try await started(wallet, timeout: timeout, store: store)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(backend, relays))
        } catch {
            result = .failure(error)
        }
        await backend.stop()
        for relay in relays {
            try? await relay.stop()
        }
        return try result.get()
    }

    static func started(
        _ wallet: FakeWallet,
        timeout: Duration = .seconds(10),
        store: any Store = MemoryStore(),
        limits: WebSocketLimits = WebSocketLimits()
    ) async throws -> NWCBackend {
        let backend = try NWCBackend(
            try wallet.connection,
            network: .regtest,
            timeout: timeout,
            limits: limits,
            pauses: Pauses(first: .milliseconds(1), longest: .milliseconds(20)),
            .example(time: wallet.time, store: store)
        )
        try await backend.start()
        return backend
    }
}

extension NWCBackend {
    func tenSatoshis() async throws -> Invoice {
        try await makeInvoice(for: Amount(millisatoshis: 10_000), memo: "tea", expiresIn: .seconds(600))
    }

    /// - Throws: `NotRefused` where the request is done after all.
    func failure(_ body: (NWCBackend) async throws -> Void) async throws -> LightningFailure {
        do {
            try await body(self)
        } catch let failure as LightningFailure {
            return failure
        }
        throw NotRefused()
    }

    struct NotRefused: Error {}

    /// The first settlements of a stream.
    func settlements(_ count: Int, since cursor: SettlementCursor?) async throws -> [Settlement] {
        var found = [Settlement]()
        for try await settlement in settlements(since: cursor) {
            found.append(settlement)
            if found.count == count { break }
        }
        return found
    }
}
