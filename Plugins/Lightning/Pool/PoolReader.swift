internal import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers

/// One stream of the settlements of a pool: follows each node for as long as somebody holds it.
final class PoolReader: Sendable {
    private let channel: PoolChannel
    private let following: Task<Void, Never>
    /// Why it has ended, where that matters to who follows the pool.
    private let end: NIOLockedValueBox<SettlementsBeganAnew?>

    /// - Parameter cursor: `nil` begins with what arrives next, and 0 with all that was ever paid: then it is not kept where
    ///   the nodes stand.
    init(_ pool: LightningPool, _ feed: PoolFeed, since cursor: SettlementCursor?) {
        let channel = PoolChannel()
        let end = NIOLockedValueBox<SettlementsBeganAnew?>(nil)
        let beginning = cursor?.position == 0 ? SettlementCursor(position: 0) : nil
        let nodes = feed.nodes(at: cursor)
        self.channel = channel
        self.end = end
        following = Task {
            await withTaskGroup(of: Void.self) { group in
                for member in pool.members.indices {
                    group.addTask {
                        let isKept = cursor != nil && beginning == nil
                        let kept = isKept ? pool.position(of: member) : nil
                        let start = beginning ?? nodes[member] ?? kept
                        do throws(SettlementsBeganAnew) {
                            // What has arrived since an earlier process nobody can tell.
                            if nodes[member] == nil, kept == SettlementCursor.next {
                                throw PoolReader.forgotten(member, of: pool, feed, isKept: isKept)
                            }
                            try await PoolReader.follow(
                                member,
                                of: pool,
                                feed,
                                from: start,
                                into: channel,
                                isKept: isKept
                            )
                        } catch {
                            end.withLockedValue { $0 = error }
                            channel.close()
                        }
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
    ///
    /// - Throws: `SettlementsBeganAnew` where one of the nodes did.
    func next() async throws(SettlementsBeganAnew) -> Settlement? {
        let settlement = await withTaskCancellationHandler { [channel] in
            await channel.next()
        } onCancel: { [channel] in
            channel.close()
        }
        if settlement == nil, let anew = end.withLockedValue({ $0 }) { throw anew }
        return settlement
    }

    /// Follows one node, again and again. One that cannot be followed keeps nobody from the others.
    private static func follow(
        _ member: Int,
        of pool: LightningPool,
        _ feed: PoolFeed,
        from start: SettlementCursor?,
        into channel: PoolChannel,
        isKept: Bool
    ) async throws(SettlementsBeganAnew) {
        let backend = pool.members[member].backend
        var pauses = pool.pauses
        var last = start
        var payment = isKept ? pool.payment(at: start, of: member) : nil
        while !Task.isCancelled {
            do {
                if last == nil {
                    let end = try await backend.settlementsEnd()
                    if isKept { try await pool.keep(end, of: member) }
                    last = end
                }
                for try await settlement in backend.settlements(since: last, of: payment) {
                    let isRead = await channel.send {
                        pool.count(settlement, of: member)
                        return feed.numbered(settlement, of: member)
                    }
                    guard isRead else { return }
                    (last, payment) = (settlement.cursor, settlement.payment)
                    pauses = pool.pauses
                    if isKept { try await pool.keep(settlement.cursor, told: settlement.payment, of: member) }
                }
            } catch is SettlementsBeganAnew {
                throw forgotten(member, of: pool, feed, isKept: isKept)
            } catch {
                // What a node was cancelled in for a reason of its own is one of its failures.
                if Task.isCancelled { return }
                pool.logger.warning(
                    "cannot follow a node of the pool",
                    metadata: ["node": "\(pool.members[member].name)", "error": "\(error)"]
                )
            }
            // What arrives until it is followed again nobody can tell.
            if last == SettlementCursor.next, !Task.isCancelled {
                throw forgotten(member, of: pool, feed, isKept: isKept)
            }
            // What a wallet can do may turn out late. Whoever follows the pool has to ask for each payment then, of all nodes.
            guard backend.capabilities.contains(.subscribe) else { return channel.close() }
            try? await Task.sleep(for: pauses.next())
        }
    }

    /// For who follows the pool, who asks for what is open by its hash and begins anew.
    private static func forgotten(
        _ member: Int,
        of pool: LightningPool,
        _ feed: PoolFeed,
        isKept: Bool
    ) -> SettlementsBeganAnew {
        if isKept { pool.beginAnew(member) }
        feed.forget(member)
        return SettlementsBeganAnew(node: pool.members[member].name)
    }
}
