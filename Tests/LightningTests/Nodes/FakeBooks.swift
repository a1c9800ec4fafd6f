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
    /// Invoices from before, all of them paid, one in ten minutes, which are made up when somebody asks.
    private let ancient: UInt64
    private let openedAt = TimeSource.system.now()
    private let key: NodeKey
    private let state = NIOLockedValueBox(State())

    init(network: Bolt11Network = .regtest, ancient: UInt64 = 0) throws {
        guard let key = NodeKey.random() else { throw Refused() }
        self.network = network
        self.ancient = ancient
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
    ///
    /// - Parameter lead: by how much the node's clock is ahead.
    @discardableResult
    func pay(_ payment: PaymentHash, lead: Duration = .zero) throws -> Entry {
        let (entry, waiting) = try state.withLockedValue { state in
            guard var entry = state.entries[payment], !entry.isPaid else { throw Refused() }
            let now = UInt64(TimeSource.system.now().milliseconds) * 1_000
            // A tick of any clock between two of them.
            state.lastTick = max(now, state.lastTick + 1_000)
            state.paid.append(payment)
            entry.paidAt = state.lastTick + UInt64(lead.components.seconds) * 1_000_000
            entry.payIndex = lastAncientIndex + UInt64(state.paid.count)
            state.entries[payment] = entry
            defer { state.waiting = [] }
            return (entry, state.waiting)
        }
        for continuation in waiting { continuation.resume() }
        return entry
    }

    /// A page of what is paid, the newest first, up to one that is not to be listed any more.
    func page(offset: Int, limit: Int, while isListed: (Entry) -> Bool = { _ in true }) -> [Entry] {
        let own = Array(paid.reversed().prefix(while: isListed))
        var page = Array(own.dropFirst(offset).prefix(limit))
        var age = UInt64(max(0, offset - own.count))
        while page.count < limit, age < ancient {
            let entry = ancientEntry(age)
            guard isListed(entry) else { break }
            page.append(entry)
            age += 1
        }
        return page
    }

    /// In the order of their numbers.
    func firstPaid(after index: UInt64) -> Entry? {
        guard index < lastAncientIndex else { return paid.first { $0.payIndex ?? 0 > index } }
        return ancientEntry(min(lastAncientIndex - index, ancient) - 1)
    }

    // MARK: From before

    /// The number of the last one; the same whatever their count is, as of a node that has deleted the others.
    private var lastAncientIndex: UInt64 { ancient > 0 ? 5_000_000 : 0 }

    /// - Parameter age: how many are newer.
    private func ancientEntry(_ age: UInt64) -> Entry {
        var bytes = Bytes32.zero
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: age + 1, as: UInt64.self) }
        let paidAt = openedAt.advanced(by: .seconds(-600 * Int64(age + 1)))
        return Entry(
            invoice: Invoice(
                bolt11: "lnbcrt1",
                paymentHash: PaymentHash(bytes),
                amount: Amount(millisatoshis: 1_000),
                expiresAt: paidAt
            ),
            preimage: Preimage(.zero),
            memo: "ancient",
            paidAt: UInt64(paidAt.milliseconds) * 1_000,
            payIndex: lastAncientIndex - age
        )
    }

    // MARK: Waiting

    /// Waits for it.
    func next(after index: UInt64) async -> Entry {
        while true {
            if let entry = firstPaid(after: index) { return entry }
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLockedValue { state in
                    guard lastAncientIndex + UInt64(state.paid.count) <= index else { return false }
                    state.waiting.append(continuation)
                    return true
                }
                if !isWaiting { continuation.resume() }
            }
        }
    }
}
