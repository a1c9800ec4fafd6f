internal import NIOConcurrencyHelpers
internal import Synchronization

/// The credentials that no longer count. Every instance holds it in memory and follows the store's.
public final class RevocationList: Sendable {
    private let revoked = NIOLockedValueBox<Set<CredentialID>>([])
    /// True while the list is empty, which costs no lock.
    private let isEmpty = Atomic<Bool>(true)

    public init() {}

    public func contains(_ credential: CredentialID) -> Bool {
        if isEmpty.load(ordering: .acquiring) { return false }
        return revoked.withLockedValue { $0.contains(credential) }
    }

    public func insert(_ credentials: some Sequence<CredentialID>) {
        revoked.withLockedValue { revoked in
            revoked.formUnion(credentials)
            isEmpty.store(revoked.isEmpty, ordering: .releasing)
        }
    }
}
