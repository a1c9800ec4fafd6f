internal import GatewayKit

extension StoreConformance {
    private func credentials(_ count: Int) -> [CredentialID] {
        (0..<count).map { _ in CredentialID(.random()) }
    }

    /// Other checks may revoke at the same time: only those of `credentials`, in the order in which they came.
    private func revocations(
        _ store: any Store,
        after position: Int64,
        among credentials: [CredentialID]
    ) async throws -> (found: [CredentialID], position: Int64) {
        let all = try await store.revocations(after: position)
        return (all.credentials.filter(credentials.contains), all.position)
    }

    func revocationsComeInOrder(_ store: any Store) async throws {
        let credentials = credentials(20)
        let start = try await store.revocations(after: 0).position
        for credential in credentials[..<12] {
            try await store.revoke(credential, at: Self.time)
        }
        let first = try await revocations(store, after: start, among: credentials)
        try expect(first.found, Array(credentials[..<12]), "the revocations after a position")
        try expect(first.position > start, true, "whether the position moved on")
        let all = try await revocations(store, after: 0, among: credentials)
        try expect(all.found, Array(credentials[..<12]), "all revocations")
        for credential in credentials[12...] {
            try await store.revoke(credential, at: Self.time)
        }
        let second = try await revocations(store, after: first.position, among: credentials)
        try expect(second.found, Array(credentials[12...]), "the revocations that a follower sees next")
        let none = try await revocations(store, after: second.position, among: credentials)
        try expect(none.found, [], "the revocations after the last")
        try expect(none.position >= second.position, true, "whether the position stays when there is nothing")
    }

    func revokingTwiceChangesNothing(_ store: any Store) async throws {
        let credentials = credentials(2)
        for credential in credentials + credentials {
            try await store.revoke(credential, at: Self.time)
        }
        let all = try await revocations(store, after: 0, among: credentials)
        try expect(all.found, credentials, "two credentials that were revoked twice")
        try await store.revoke(credentials[0], at: Self.time)
        let later = try await revocations(store, after: all.position, among: credentials)
        try expect(later.found, [], "what a follower sees of revoking one again")
    }

    func revokeBefore(_ store: any Store) async throws -> [CredentialID] {
        let credentials = credentials(3)
        for credential in credentials {
            try await store.revoke(credential, at: Self.time)
        }
        return credentials
    }

    func revokeAfter(_ store: any Store, _ credentials: [CredentialID]) async throws {
        let all = try await revocations(store, after: 0, among: credentials)
        try expect(all.found, credentials, "the revocations after reopening")
    }
}
