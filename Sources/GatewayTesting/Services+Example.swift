public import GatewayKit
internal import Logging

extension Services {
    /// Services for a test of a plugin. The store and the node refuse everything unless the test brings its own.
    public static func example(
        registry: Registry = Registry(),
        time: TimeSource = .system,
        store: any Store = RefusingStore(),
        lightning: any LightningBackend = RefusingLightning(),
        rates: any ExchangeRates = ExampleRates(),
        dataFolder: String = "/nonexistent",
        route: String = "example",
        upstreams: [String: Upstream] = [:]
    ) -> Services {
        Services(
            registry: registry,
            time: time,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            store: store,
            lightning: lightning,
            rates: rates,
            dataFolder: dataFolder,
            route: route,
            service: route,
            upstreams: upstreams
        )
    }
}

/// A store that cannot answer.
public struct RefusingStore: Store {
    public init() {}

    private var failure: StoreFailure { StoreFailure("this store refuses everything") }

    public func claim(
        _ payment: PaymentHash,
        for purpose: String,
        by credential: CredentialID?
    ) async throws -> Claim { throw failure }
    public func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool { throw failure }
    public func purpose(of payment: PaymentHash) async throws -> String? { throw failure }
    public func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool {
        throw failure
    }
    public func note(_ invoice: IssuedInvoice) {}
    public func flush() async throws { throw failure }
    public func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? { throw failure }
    public func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool { throw failure }
    public func revoke(_ credential: CredentialID, at time: WallTime) async throws { throw failure }
    public func revocations(after position: Int64) async throws -> (credentials: [CredentialID], position: Int64) {
        throw failure
    }
    public func value(for key: String) async throws -> [UInt8]? { throw failure }
    public func setValue(_ value: [UInt8]?, for key: String) async throws { throw failure }
    public func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])] { throw failure }
}

/// A node that is down.
public struct RefusingLightning: LightningBackend {
    public init() {}

    /// What a node is for that could pay back what is left of a session, if it were not down.
    public var capabilities: LightningCapabilities { .refund }

    private var failure: LightningFailure { LightningFailure(.unavailable, "this node is down") }

    public func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        throw failure
    }
    public func isSettled(_ payment: PaymentHash) async throws -> Bool { throw failure }
    public func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        AsyncThrowingStream { $0.finish(throwing: LightningFailure(.unavailable, "this node is down")) }
    }
    public func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        throw failure
    }
    public func payment(_ payment: PaymentHash) async throws -> PaymentState { throw failure }
    public func read(_ bolt11: String) throws -> PayableInvoice { throw failure }
}
