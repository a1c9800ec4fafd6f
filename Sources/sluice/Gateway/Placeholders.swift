internal import GatewayKit

/// Stands where a policy names no store; the policy loader puts a real one in its place.
struct NoStore: Store {
    private var failure: StoreFailure { StoreFailure("the policy names no store") }

    func claim(_ payment: PaymentHash, for purpose: String, by credential: CredentialID?) async throws -> Claim {
        throw failure
    }
    func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool { throw failure }
    func purpose(of payment: PaymentHash) async throws -> String? { throw failure }
    func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool { throw failure }
    func note(_ invoice: IssuedInvoice) {}
    func flush() async throws {}
    func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? { throw failure }
    func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool { throw failure }
    func revoke(_ credential: CredentialID, at time: WallTime) async throws { throw failure }
    func revocations(after position: Int64) async throws -> (credentials: [CredentialID], position: Int64) {
        ([], position)
    }
    func value(for key: String) async throws -> [UInt8]? { throw failure }
    func setValue(_ value: [UInt8]?, for key: String) async throws { throw failure }
    func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])] { throw failure }
}

/// Stands where a policy names no node: routes without a price need none.
struct NoLightning: LightningBackend {
    private var failure: LightningFailure { LightningFailure(.unavailable, "the policy names no Lightning backend") }

    func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice { throw failure }
    func isSettled(_ payment: PaymentHash) async throws -> Bool { throw failure }
    func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        AsyncThrowingStream { $0.finish() }
    }
    func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        throw failure
    }
    func payment(_ payment: PaymentHash) async throws -> PaymentState { throw failure }
    func read(_ bolt11: String) throws -> PayableInvoice { throw failure }
    /// There is nobody to miss.
    func probe() async throws {}
}
