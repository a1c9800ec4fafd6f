internal import Synchronization

/// How many invoices may be being made at once, by all routes of a policy together: it keeps a slow node from being
/// buried. May be used from any thread.
public final class InvoiceBudget: Sendable {
    public let most: Int
    private let taken = Atomic<Int>(0)

    public init(most: Int = 256) {
        self.most = most
    }

    /// False when as many are being made as may be. Otherwise `giveBack` follows, exactly once.
    public func take() -> Bool {
        guard taken.wrappingAdd(1, ordering: .relaxed).newValue <= most else {
            taken.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    public func giveBack() {
        taken.wrappingSubtract(1, ordering: .relaxed)
    }
}
