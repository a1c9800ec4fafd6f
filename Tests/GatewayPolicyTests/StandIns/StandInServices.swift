import GatewayKit
import GatewayTesting

/// A scheme that recognises nothing.
struct L402Scheme: AuthScheme, Plugin {
    static let word = "l402"

    init(from settings: inout PolicyReader, _ services: Services) throws {
        _ = settings.text("lifetime", or: "")
    }

    static func conceal(in exchange: Exchange) {
        exchange.edits.remove(.authorization, of: exchange.request)
    }

    func credential(in exchange: Exchange) throws -> Eventually<Credential?> { .now(nil) }

    func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
        .now(Challenge(lines: []))
    }

    func challenge(in exchange: Exchange) -> Challenge { Challenge(lines: []) }
}

/// A node that is down.
struct DevNode: LightningBackend, Plugin {
    static let word = "dev"
    private let node = RefusingLightning()

    init(from settings: inout PolicyReader, _ services: Services) throws {
        if settings.contains("secret") {
            _ = settings.secret("secret")
        }
    }

    func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        try await node.makeInvoice(for: amount, memo: memo, expiresIn: expiresIn)
    }

    func isSettled(_ payment: PaymentHash) async throws -> Bool { try await node.isSettled(payment) }

    func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        node.settlements(since: cursor)
    }

    func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        try await node.pay(bolt11, amount: amount, feeLimit: feeLimit, patience: patience)
    }

    func payment(_ payment: PaymentHash) async throws -> PaymentState { try await node.payment(payment) }

    func read(_ bolt11: String) throws -> PayableInvoice { try node.read(bolt11) }
}

/// A store that cannot answer.
protocol StandInStore: ForwardingStore, Plugin {}

extension StandInStore {
    var base: any Store { RefusingStore() }
}

struct SQLiteStore: StandInStore {
    static let word = "sqlite"

    init(from settings: inout PolicyReader, _ services: Services) throws {
        _ = settings.text("path", or: "")
    }
}

struct MemoryStore: StandInStore {
    static let word = "memory"

    init(from settings: inout PolicyReader, _ services: Services) throws {}
}

extension Registry {
    static var standIns: Registry {
        var registry = Registry()
        registry.add(AuthStage.self)
        registry.add(CaveatsStage.self)
        registry.add(RateLimitStage.self)
        registry.add(PriceStage.self)
        registry.add(ForwardStage.self)
        registry.add(RespondStage.self)
        registry.add(HeadersStage.self)
        registry.add(L402Scheme.self)
        registry.add(DevNode.self)
        registry.add(SQLiteStore.self)
        registry.add(MemoryStore.self)
        return registry
    }
}
