package import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The noted invoices that are not on disk yet, the oldest first. May be used from any thread; never blocks for long.
///
/// A row leaves only after the transaction that wrote it, so at no time is an invoice in neither place.
package final class InvoiceQueue: Sendable {
    package enum Appended: Equatable, Sendable {
        case kept
        /// The queue is full and the oldest row made room, for the first time since rows last left it.
        case firstDropped
        /// As before, and said already.
        case dropped
    }

    private struct State {
        var rows = CircularBuffer<IssuedInvoice>()
        /// Counts every row that ever left: the sequence number of the first row.
        var first: UInt64 = 0
        var isDropping = false
    }

    private let state = NIOLockedValueBox(State())
    private let capacity: Int
    /// Says that the queue is no longer empty. For one reader.
    package let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    package init(capacity: Int) {
        self.capacity = max(1, capacity)
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package var count: Int {
        state.withLockedValue { $0.rows.count }
    }

    @discardableResult
    package func append(_ invoice: IssuedInvoice) -> Appended {
        let (appended, wasEmpty) = state.withLockedValue { state in
            let wasEmpty = state.rows.isEmpty
            guard state.rows.count >= capacity else {
                state.rows.append(invoice)
                return (Appended.kept, wasEmpty)
            }
            state.rows.removeFirst()
            state.first += 1
            state.rows.append(invoice)
            defer { state.isDropping = true }
            return (state.isDropping ? .dropped : .firstDropped, wasEmpty)
        }
        if wasEmpty {
            wakeUp.yield()
        }
        return appended
    }

    /// The first rows, which stay, and the sequence number behind them; `nil` when there is none.
    package func first(_ count: Int) -> (rows: [IssuedInvoice], end: UInt64)? {
        state.withLockedValue { state in
            guard !state.rows.isEmpty else { return nil }
            let rows = Array(state.rows.prefix(count))
            return (rows, state.first + UInt64(rows.count))
        }
    }

    /// The first row of this payment. Looks at each: rows wait for a twentieth of a second, so there are few.
    package func first(_ payment: PaymentHash) -> IssuedInvoice? {
        state.withLockedValue { state in
            state.rows.first { $0.invoice.paymentHash == payment }
        }
    }

    /// The sequence number behind the last row.
    package var end: UInt64 {
        state.withLockedValue { $0.first + UInt64($0.rows.count) }
    }

    /// Removes the rows before `end`, those that are still there.
    package func remove(before end: UInt64) {
        state.withLockedValue { state in
            while state.first < end, state.rows.popFirst() != nil {
                state.first += 1
            }
            state.isDropping = false
        }
    }
}
