internal import GatewayKit
internal import NIOConcurrencyHelpers

extension LightningConformance {
    private typealias Stream = AsyncThrowingStream<Settlement, any Error>

    /// So many payments may pass before a new stream is heard of: a node takes a moment to begin.
    private static let mostBefore = 1_000

    /// A stream from a cursor has each later payment exactly once, in the order that its cursors tell, and goes on.
    func settlementsArriveOnce() async throws {
        guard backend.capabilities.contains(.subscribe) else { return }
        let (settlement, missed) = try await following()
        let stream = backend.settlements(since: settlement.cursor)
        let invoices = try await paid(3)
        let expected = missed + invoices.map(\.paymentHash)
        let settlements = try await first(expected.count, of: stream)
        try require(
            settlements.map(\.payment) == expected,
            "the stream should have the \(expected.count) payments, each once and in their order"
        )
        try require(
            zip(settlements.suffix(3), invoices).allSatisfy { $0.amount >= $1.amount },
            "a settlement should have the amount that was paid"
        )
        try require(
            Set(settlements.map(\.cursor)).union([settlement.cursor]).count == expected.count + 1,
            "each settlement should have a cursor of its own"
        )
    }

    /// A stream that begins at a cursor has what came after it and nothing that came before, and then goes on.
    func settlementsResume() async throws {
        guard backend.capabilities.contains(.subscribe) else { return }
        let (settlement, missed) = try await following()
        let invoices = try await paid(3)
        let expected = missed + invoices.map(\.paymentHash)
        let settlements = try await first(expected.count, of: backend.settlements(since: settlement.cursor))
        // The second of the three, so that one is missed and one comes later.
        let resumed = backend.settlements(since: settlements[settlements.count - 2].cursor)
        let later = try await paid(1)
        try require(
            try await first(2, of: resumed).map(\.payment) == [invoices[2].paymentHash, later[0].paymentHash],
            "a stream that begins at a cursor should have the payment after it and then the next one"
        )
    }

    /// A stream that begins where the settlements stand has everything that arrives from then on.
    func settlementsBeginAtTheEnd() async throws {
        guard backend.capabilities.contains(.subscribe) else { return }
        _ = try await paid(1)
        let end = try await backend.settlementsEnd()
        let payments = try await paid(2).map(\.paymentHash)
        var arrived = [PaymentHash]()
        for try await settlement in backend.settlements(since: end) where payments.contains(settlement.payment) {
            arrived.append(settlement.payment)
            if arrived.count == payments.count { break }
        }
        try require(arrived == payments, "what arrives after the end was asked for should be told, once and in order")
    }

    // MARK: Paying and following

    private func paid(_ count: Int) async throws -> [Invoice] {
        var invoices = [Invoice]()
        for _ in 0..<count {
            let invoice = try await invoice()
            try await pay(invoice)
            invoices.append(invoice)
        }
        return invoices
    }

    /// Pays until a new stream has told of one: then it is known to listen.
    ///
    /// - Returns: what it told, and what was paid behind that.
    private func following() async throws -> (settlement: Settlement, missed: [PaymentHash]) {
        let stream = backend.settlements(since: nil)
        let told = NIOLockedValueBox<Result<Settlement, any Error>?>(nil)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    let settlement = try await first(1, of: stream)[0]
                    told.withLockedValue { $0 = .success(settlement) }
                } catch {
                    told.withLockedValue { $0 = .failure(error) }
                }
            }
            var payments = [PaymentHash]()
            while payments.count < Self.mostBefore {
                payments += try await paid(1).map(\.paymentHash)
                if let result = told.withLockedValue({ $0 }) {
                    let settlement = try result.get()
                    guard let index = payments.firstIndex(of: settlement.payment) else {
                        throw ConformanceFailure("a stream that begins with the next payment should not tell of others")
                    }
                    return (settlement, Array(payments[(index + 1)...]))
                }
            }
            group.cancelAll()
            throw ConformanceFailure("the stream told of none of \(Self.mostBefore) payments")
        }
    }

    private func first(_ count: Int, of stream: Stream) async throws -> [Settlement] {
        var settlements = [Settlement]()
        for try await settlement in stream {
            settlements.append(settlement)
            if settlements.count == count { break }
        }
        try require(
            settlements.count == count,
            "the stream of settlements ended after \(settlements.count) of \(count)"
        )
        return settlements
    }
}
