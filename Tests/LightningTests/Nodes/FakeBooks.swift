import Foundation
import GatewayKit
import Lightning
import NIOConcurrencyHelpers

/// The books of a node that is not there: real invoices, signed with a key of its own, and who has paid them.
final class FakeBooks: Sendable {
    struct Entry: Sendable {
        let invoice: Invoice
        let preimage: Preimage
        let memo: String
        /// Microseconds; never the same for two.
        var paidAt: UInt64?
        /// From 1.
        var payIndex: UInt64?

        var isPaid: Bool { paidAt != nil }
    }

    struct Refused: Error {}

    private struct State {
        var entries: [PaymentHash: Entry] = [:]
        var paid: [PaymentHash] = []
        var lastTick: UInt64 = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let network: Bolt11Network
    private let key: NodeKey
    private let state = NIOLockedValueBox(State())

    init(network: Bolt11Network = .regtest) throws {
        guard let key = NodeKey.random() else { throw Refused() }
        self.network = network
        self.key = key
    }

    func make(_ amount: Amount, memo: String, seconds: Int64) throws -> Entry {
        let preimage = Preimage(.random())
        let payment = PaymentHash(sha256(preimage.bytes) ?? .zero)
        let now = WallTime(seconds: TimeSource.system.now().seconds)
        let draft = Bolt11Draft(
            network: network,
            amount: amount,
            timestamp: now,
            fields: [
                .paymentHash(payment), .paymentSecret(.random()), .memo(memo), .expiry(.seconds(seconds)),
                .features(.basic),
            ]
        )
        let invoice = Invoice(
            bolt11: try draft.signed(with: key),
            paymentHash: payment,
            amount: amount,
            expiresAt: now.advanced(by: .seconds(seconds))
        )
        let entry = Entry(invoice: invoice, preimage: preimage, memo: memo)
        state.withLockedValue { $0.entries[payment] = entry }
        return entry
    }

    func entry(_ payment: PaymentHash) -> Entry? { state.withLockedValue { $0.entries[payment] } }

    /// In the order in which they were paid.
    var paid: [Entry] {
        state.withLockedValue { state in state.paid.compactMap { state.entries[$0] } }
    }

    var all: [Entry] { state.withLockedValue { Array($0.entries.values) } }

    /// Of any number of payers one gets through.
    @discardableResult
    func pay(_ payment: PaymentHash) throws -> Entry {
        let (entry, waiting) = try state.withLockedValue { state in
            guard var entry = state.entries[payment], !entry.isPaid else { throw Refused() }
            let now = UInt64(TimeSource.system.now().milliseconds) * 1_000
            // A tick of any clock between two of them.
            state.lastTick = max(now, state.lastTick + 1_000)
            state.paid.append(payment)
            entry.paidAt = state.lastTick
            entry.payIndex = UInt64(state.paid.count)
            state.entries[payment] = entry
            defer { state.waiting = [] }
            return (entry, state.waiting)
        }
        for continuation in waiting { continuation.resume() }
        return entry
    }

    /// In the order of their numbers.
    func firstPaid(after index: UInt64) -> Entry? { paid.first { $0.payIndex ?? 0 > index } }

    /// Waits for it.
    func next(after index: UInt64) async -> Entry {
        while true {
            if let entry = firstPaid(after: index) { return entry }
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLockedValue { state in
                    guard UInt64(state.paid.count) <= index else { return false }
                    state.waiting.append(continuation)
                    return true
                }
                if !isWaiting { continuation.resume() }
            }
        }
    }
}
