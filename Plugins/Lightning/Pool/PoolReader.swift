internal import GatewayKit
internal import Logging

/// One stream of the settlements of a pool: follows each node for as long as somebody holds it.
final class PoolReader: Sendable {
    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(20)

    private let channel: PoolChannel
    private let following: Task<Void, Never>

    /// - Parameter cursor: `nil`: nothing of what was before is told, and nothing is noted.
    init(_ pool: LightningPool, _ feed: PoolFeed, since cursor: SettlementCursor?) {
        let channel = PoolChannel()
        let read = feed.begin(since: cursor)
        self.channel = channel
        following = Task {
            await Self.note(read, of: pool, feed)
            await withTaskGroup(of: Void.self) { group in
                for member in pool.members.indices {
                    group.addTask {
                        await Self.follow(member, of: pool, feed, into: channel, isKept: cursor != nil)
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
    func next() async throws -> Settlement? {
        let channel = channel
        return await withTaskCancellationHandler {
            await channel.next()
        } onCancel: {
            channel.close()
        }
    }

    /// What the reader before this one has read.
    private static func note(_ read: PoolFeed.Delivery?, of pool: LightningPool, _ feed: PoolFeed) async {
        guard let read else { return }
        do {
            try await pool.note(read.original, of: read.member)
            feed.forget(read.told.payment)
        } catch {
            // It is told again, which changes nothing.
            pool.logger.warning("cannot note where a node stands", metadata: ["error": "\(error)"])
        }
    }

    /// Follows one node, again and again. One that cannot be followed keeps nobody from the others.
    private static func follow(
        _ member: Int,
        of pool: LightningPool,
        _ feed: PoolFeed,
        into channel: PoolChannel,
        isKept: Bool
    ) async {
        let backend = pool.members[member].backend
        var pause = firstPause
        var last: SettlementCursor?
        while !Task.isCancelled {
            do {
                if isKept {
                    last = pool.position(of: member)
                    if last == nil {
                        let end = try await backend.settlementsEnd()
                        try await pool.begin(member, at: end)
                        last = end
                    }
                }
                for try await settlement in backend.settlements(since: last) {
                    try await channel.send { feed.deliver(settlement, of: member) }
                    if isKept { try await pool.note(settlement, of: member) }
                    feed.forget(settlement.payment)
                    last = settlement.cursor
                    pause = firstPause
                }
            } catch is CancellationError {
                return
            } catch {
                pool.logger.warning(
                    "cannot follow a node of the pool",
                    metadata: ["node": "\(pool.members[member].name)", "error": "\(error)"]
                )
            }
            try? await Task.sleep(for: pause.jittered)
            pause = min(pause * 2, longestPause)
        }
    }
}
