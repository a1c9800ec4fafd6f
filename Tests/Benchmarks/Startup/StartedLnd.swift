internal import Foundation
internal import LightningTesting
internal import NIOConcurrencyHelpers

/// A fake lnd in this process, on the core of the load.
struct StartedLnd {
    private static let patience = 10

    let node: FakeLnd

    /// Returns once it listens.
    ///
    /// - Parameter invoices: how many it was paid before.
    init(invoices: UInt64) throws {
        let node = try FakeLnd()
        node.fill(invoices)
        self.node = node
        try Self.wait { try await node.start() }
    }

    func stop() {
        try? Self.wait { [node] in await node.stop() }
    }

    /// - Throws: `BenchFailure` where it takes too long.
    private static func wait(_ body: @escaping @Sendable () async throws -> Void) throws {
        let failure = NIOLockedValueBox<(any Error)?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        Task {
            do {
                try await body()
            } catch {
                failure.withLockedValue { $0 = error }
            }
            isDone.signal()
        }
        guard isDone.wait(timeout: .now() + .seconds(patience)) == .success else {
            throw BenchFailure("the fake lnd is not done in \(patience) seconds")
        }
        if let failure = failure.withLockedValue({ $0 }) { throw failure }
    }
}
