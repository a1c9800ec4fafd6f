internal import GatewayKit
internal import NIOCore

/// The last things that were seen: what comes again soon is known. A value, bounded.
struct RecentIDs {
    private let most: Int
    private var order = CircularBuffer<Bytes32>()
    private var known: Set<Bytes32> = []

    init(most: Int) {
        self.most = most
    }

    func contains(_ id: Bytes32) -> Bool { known.contains(id) }

    /// - Returns: false when it is known already.
    mutating func insert(_ id: Bytes32) -> Bool {
        guard known.insert(id).inserted else { return false }
        order.append(id)
        if order.count > most, let oldest = order.popFirst() { known.remove(oldest) }
        return true
    }
}
