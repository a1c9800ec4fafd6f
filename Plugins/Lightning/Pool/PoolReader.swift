internal import GatewayKit
internal import Logging

/// One stream of the settlements of a pool: follows each node for as long as somebody holds it.
final class PoolReader: Sendable {
    private let channel: PoolChannel
    private let following: Task<Void, Never>

    /// - Parameter cursor: `nil` begins with what arrives next, and 0 with all that was ever paid: then it is not kept where
    ///   the nodes stand.
    init(_ pool: LightningPool, _ feed: PoolFeed, since cursor: SettlementCursor?) {
        let channel = PoolChannel()
        let beginning = cursor?.position == 0 ? SettlementCursor(position: 0) : nil
        let nodes = feed.nodes(at: cursor)
        self.channel = channel
        following = Task {
            await withTaskGroup(of: Void.self) { group in
                for member in pool.members.indices {
                    group.addTask {
                        let isKept = cursor != nil && beginning == nil
                        let start = beginning ?? nodes[member] ?? (isKept ? pool.position(of: member) : nil)
                        await PoolReader.follow(member, of: pool, feed, from: start, into: channel, isKept: isKept)
                    }
                }
            }
        }
    }

    deinit {
        following.cancel()
        channel.close()
    }

    /// `nil` once its task is cancelled.
    func next() async -> Settlement? {
        await withTaskCancellationHandler { [channel] in
            await channel.next()
        } onCancel: { [channel] in
            channel.close()
        }
    }

    /// Follows one node, again and again. One that cannot be followed keeps nobody from the others.
    private static func follow(
        _ member: Int,
        of pool: LightningPool,
        _ feed: PoolFeed,
        from start: SettlementCursor?,
        into channel: PoolChannel,
        isKept: Bool
    ) async {
        let backend = pool.members[member].backend
        var pauses = pool.pauses
        var last = start
        while !Task.isCancelled {
            do {
                if last == nil {
                    let end = try await backend.settlementsEnd()
                    if isKept { try await pool.keep(end, of: member) }
                    last = end
                }
                for try await settlement in backend.settlements(since: last) {
                    let isRead = await channel.send {
                        pool.count(settlement, of: member)
                        return feed.numbered(settlement, of: member)
                    }
                    guard isRead else { return }
                    last = settlement.cursor
                    pauses = pool.pauses
                    if isKept { try await pool.keep(settlement.cursor, of: member) }
                }
            } catch {
                // What a node was cancelled in for a reason of its own is one of its failures.
                if Task.isCancelled { return }
                pool.logger.warning(
                    "cannot follow a node of the pool",
                    metadata: ["node": "\(pool.members[member].name)", "error": "\(error)"]
                )
            }
            // What a wallet can do may turn out late. Whoever follows the pool has to ask for each payment then, of all nodes.
            guard backend.capabilities.contains(.subscribe) else { return channel.close() }
            try? await Task.sleep(for: pauses.next())
        }
    }
}
