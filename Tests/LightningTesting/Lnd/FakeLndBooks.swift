internal import GatewayKit
internal import Lightning
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a fake lnd has in its database, and who listens. A value: whoever keeps it guards it.
struct FakeLndBooks {
    typealias Follower = AsyncStream<Lnrpc_Invoice>.Continuation
    typealias Payer = CheckedContinuation<Void, any Error>

    struct Entry {
        let bolt11: String
        let hash: PaymentHash
        /// `nil` until somebody gives it who has the payment held.
        var preimage: Preimage?
        let memo: String
        let amount: Int64
        let expiresAt: WallTime
        let hasHints: Bool
        let addIndex: UInt64
        var settleIndex: UInt64 = 0
        var settledAt: WallTime?
        var paid: Int64 = 0
        var state = Lnrpc_Invoice.InvoiceState.open
    }

    var faults = FakeLndFaults()
    /// Invoices from before, which are made up when somebody asks: all of them are settled but the newest ones.
    var ancient: UInt64 = 0
    var ancientOpen: UInt64 = 0
    private(set) var entries: [PaymentHash: Entry] = [:]
    private var added: [PaymentHash] = []
    private(set) var settled: [PaymentHash] = []
    private(set) var subscriptions: [FakeLndSubscription] = []
    private var followers: [Int: Follower] = [:]
    private var lastFollower = 0
    private var payers: [PaymentHash: Payer] = [:]
    /// An event that the next one overtakes.
    private var overtaken: Lnrpc_Invoice?
    var payments: [PaymentHash: Lnrpc_Payment] = [:]
    var calls = 0
    /// Invoices that were sent, on whatever call.
    private(set) var sent = 0
    /// The same, as they are in protobuf.
    private(set) var sentBytes = 0

    var nextAddIndex: UInt64 { ancient + UInt64(added.count) + 1 }
    var newest: Entry? { added.last.flatMap { entries[$0] } }

    // MARK: Invoices

    mutating func add(_ entry: Entry) {
        entries[entry.hash] = entry
        added.append(entry.hash)
        tell(message(of: entry))
    }

    func message(of entry: Entry, at now: WallTime? = nil) -> Lnrpc_Invoice {
        .with {
            $0.memo = entry.memo
            $0.rPreimage = Data(entry.preimage?.bytes.array ?? [])
            $0.rHash = Data(entry.hash.bytes.array)
            $0.settleDate = entry.settledAt?.seconds ?? 0
            $0.paymentRequest = entry.bolt11
            $0.private = entry.hasHints
            $0.addIndex = entry.addIndex
            $0.settleIndex = entry.settleIndex
            $0.amtPaidMsat = entry.paid
            let isOver = now.map { entry.state == .open && $0 >= entry.expiresAt } ?? false
            $0.state = isOver ? .canceled : entry.state
            $0.valueMsat = entry.amount
        }
    }

    private var ancientSettled: UInt64 { ancient - min(ancient, ancientOpen) }

    private func ancientInvoice(_ index: UInt64) -> Lnrpc_Invoice {
        var hash = Bytes32.zero
        hash.withUnsafeMutableBytes { $0.storeBytes(of: index, as: UInt64.self) }
        return .with {
            $0.rHash = Data(hash.array)
            $0.addIndex = index
            $0.valueMsat = 1_000
            guard index <= ancientSettled else { return }
            $0.settleIndex = index
            $0.settleDate = 1_700_000_000
            $0.amtPaidMsat = 1_000
            $0.state = .settled
        }
    }

    /// Its database is gone; whoever listens is told of what comes.
    mutating func beginAnew() {
        (ancient, entries, added, settled, payments) = (0, [:], [], [], [:])
    }

    /// By add index, from 1.
    private func invoice(_ index: UInt64) -> Lnrpc_Invoice? {
        index <= ancient
            ? ancientInvoice(index) : entries[added[Int(index - ancient) - 1]].map { message(of: $0) }
    }

    mutating func page(_ request: Lnrpc_ListInvoiceRequest) -> Lnrpc_ListInvoiceResponse {
        let last = nextAddIndex - 1
        let count = min(request.numMaxInvoices, 10_000)
        var (first, end) = (request.indexOffset + 1, min(last, request.indexOffset + count))
        if request.reversed {
            end = request.indexOffset == 0 ? last : min(last, request.indexOffset - 1)
            first = end > count ? end - count + 1 : 1
        }
        guard first <= end, end > 0 else { return Lnrpc_ListInvoiceResponse() }
        let invoices = (first...end).compactMap { invoice($0) }
        for invoice in invoices { note(invoice) }
        return .with {
            $0.invoices = invoices
            $0.firstIndexOffset = first
            $0.lastIndexOffset = end
        }
    }

    // MARK: Paying

    /// - Returns: true when the payment is held, so that the payer waits.
    mutating func pay(_ hash: PaymentHash, at now: WallTime) throws -> Bool {
        guard var entry = entries[hash], entry.state == .open, now < entry.expiresAt else {
            throw LightningFailure(.refused, "incorrect_or_unknown_payment_details")
        }
        entry.paid = entry.amount
        if entry.preimage == nil {
            entry.state = .accepted
            entries[hash] = entry
            return true
        }
        settle(entry, at: now)
        return false
    }

    mutating func wait(_ payer: Payer, for hash: PaymentHash) {
        payers[hash] = payer
    }

    mutating func settle(_ entry: Entry, at now: WallTime) {
        var entry = entry
        settled.append(entry.hash)
        entry.state = .settled
        entry.settledAt = now
        entry.settleIndex = ancientSettled + UInt64(settled.count)
        entries[entry.hash] = entry
        tell(message(of: entry))
    }

    mutating func takePayer(of hash: PaymentHash) -> Payer? { payers.removeValue(forKey: hash) }

    mutating func cancel(_ hash: PaymentHash) {
        entries[hash]?.state = .canceled
    }

    // MARK: Following

    /// What was settled behind an index, and what comes.
    mutating func follow(behind index: UInt64, _ follower: Follower) -> (backlog: [Lnrpc_Invoice], id: Int) {
        lastFollower += 1
        followers[lastFollower] = follower
        let backlog = index > 0 ? settlements(behind: index) : []
        subscriptions.append(FakeLndSubscription(position: index, replayed: backlog.count))
        return (backlog, lastFollower)
    }

    private func settlements(behind index: UInt64) -> [Lnrpc_Invoice] {
        let last = ancientSettled
        let old = index < last ? ((index + 1)...last).map { ancientInvoice($0) } : []
        let known = settled.dropFirst(Int(index > last ? index - last : 0)).compactMap { entries[$0] }
        return old + known.map { message(of: $0) }
    }

    /// It is being sent.
    mutating func note(_ invoice: Lnrpc_Invoice) {
        sent += 1
        let bytes: [UInt8]? = try? invoice.serializedBytes()
        sentBytes += bytes?.count ?? 0
    }

    var isFollowed: Bool { !followers.isEmpty }

    mutating func leave(_ id: Int) { followers[id] = nil }

    mutating func leaveAll() -> [Follower] {
        defer { followers = [:] }
        return Array(followers.values)
    }

    private mutating func tell(_ invoice: Lnrpc_Invoice) {
        var told = [invoice]
        switch faults.events {
        case .faithful: break
        case .duplicated: told.append(invoice)
        case .reordered where invoice.state == .settled:
            told = overtaken.map { [invoice, $0] } ?? []
            overtaken = overtaken == nil ? invoice : nil
        case .reordered: break
        case .lost(let count):
            if invoice.settleIndex > 0, invoice.settleIndex.isMultiple(of: UInt64(count)) { told = [] }
        }
        for invoice in told {
            for follower in followers.values { follower.yield(invoice) }
        }
    }
}
