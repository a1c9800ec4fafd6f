import GatewayKit
import GatewayTesting
import Stores
import Testing

struct StoreConformanceTests {
    @Test(.timeLimit(.minutes(5)), arguments: StoreConformance.Check.allCases)
    func `the SQLite store keeps the promises of a store`(_ check: StoreConformance.Check) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        try await StoreConformance(child: .sqlite(path)) { SQLiteStore(path) }.run(check)
    }

    /// But for those that a process is killed for, which it keeps on files of their own above.
    @Test func `the SQLite store keeps all promises on one file`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        try await StoreConformance { SQLiteStore(path) }.run()
    }

    @Test(arguments: StoreConformance.Check.allCases)
    func `the memory store keeps the promises of a store`(_ check: StoreConformance.Check) async throws {
        try await StoreConformance(isDurable: false) { MemoryStore() }.run(check)
    }

    @Test func `a memory store that is kept keeps all promises`() async throws {
        let store = MemoryStore()
        try await StoreConformance { store }.run()
    }

    @Test func `the suite finds a store that refuses everything`() async {
        await #expect(throws: ConformanceFailure.self) {
            try await StoreConformance { RefusingStore() }.run()
        }
    }

    @Test func `the suite finds a store that takes a payment twice`() async {
        await #expect(throws: ConformanceFailure.self) {
            try await StoreConformance { ForgetfulStore() }.run(.claimIsTrueExactlyOnce)
        }
    }

    @Test func `the suite finds a store that forgets the claims of a process that was killed`() async throws {
        let folder = try TemporaryFolder()
        let child = try StoreConformance.ClaimingChild.sqlite(folder.path("sluice.db"))
        await #expect(throws: ConformanceFailure.self) {
            try await StoreConformance(child: child) { MemoryStore() }.run(.claimsSurviveKilling)
        }
    }

    @Test func `the suite finds a child that does not claim`() async throws {
        let child = StoreConformance.ClaimingChild(executable: "/bin/cat", arguments: ["/dev/null"])
        await #expect(throws: ConformanceFailure.self) {
            try await StoreConformance(child: child) { MemoryStore() }.run(.claimsSurviveKilling)
        }
    }

    @Test func `the suite finds a store that forgets claims when it is reopened`() async {
        await #expect(throws: ConformanceFailure.self) {
            try await StoreConformance(isDurable: true) { MemoryStore() }.run(.claimsSurviveReopening)
        }
    }
}

/// Says yes to every claim.
private struct ForgetfulStore: Store {
    func claim(_ payment: PaymentHash, for purpose: String, by credential: CredentialID?) async throws -> Claim {
        .first
    }
    func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool { true }
    func purpose(of payment: PaymentHash) async throws -> String? { nil }
    func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool { true }
    func note(_ invoice: IssuedInvoice) {}
    func flush() async throws {}
    func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? { nil }
    func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool { true }
    func revoke(_ credential: CredentialID, at time: WallTime) async throws {}
    func revocations(after position: Int64) async throws -> (credentials: [CredentialID], position: Int64) { ([], 0) }
    func value(for key: String) async throws -> [UInt8]? { nil }
    func setValue(_ value: [UInt8]?, for key: String) async throws {}
    func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])] { [] }
}
