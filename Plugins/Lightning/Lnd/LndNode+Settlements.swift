package import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension LndNode {
    /// Invoices of a page: in JSON some 10 KB each where they were paid in parts, and together less than the longest answer.
    private static let pageLength: UInt64 = 50
    /// Pages that are looked through for the first settlement of all, at the most.
    private static let mostPages = 100
    /// Pages without one that are looked through side by side; then there are steps between them, which double.
    private static let closePages = 10
    /// Settlements that may arrive between the first invoice of a gateway and its question where the settlements stand.
    private static let margin: UInt64 = 100

    // MARK: Where they stand

    /// The newest invoices tell: one of them is usually settled. Then a little earlier, so that nothing is missed that was
    /// settled in between, or out of the order in which it was asked for. Where none of them is found to be paid, lnd is not
    /// asked for all that there ever were: it does not say where it stands.
    func settlementsEnd() async throws -> SettlementCursor {
        guard let newest = try await newestSettlement() else { return .next }
        return SettlementCursor(position: newest.index - min(newest.index, Self.margin))
    }

    /// The highest index among the newest page of invoices that has one; 0 where none has. Thousands that nobody has paid are
    /// stepped over: behind an index that is too low a few are told again.
    ///
    /// - Returns: `nil` where none was found and some were stepped over; `isExact`: none were.
    private func newestSettlement() async throws -> (index: UInt64, isExact: Bool)? {
        var offset: UInt64 = 0
        var step: UInt64 = 0
        for number in 0..<Self.mostPages {
            let page = try await page(before: offset)
            if let newest = page.invoices.map(\.settleIndex).max(), newest > 0 {
                return (index: newest, isExact: step == 0)
            }
            let first = page.firstIndexOffset
            guard !page.invoices.isEmpty, first > 1 else { break }
            if number >= Self.closePages, step < 1 << 62 { step = max(Self.pageLength, step * 2) }
            // The page of the oldest ones is not stepped over.
            offset = max(first - min(step, first), min(first, Self.pageLength + 1))
        }
        if step > 0 { return nil }
        return (index: 0, isExact: true)
    }

    private func page(before offset: UInt64) async throws -> Lnrpc_ListInvoiceResponse {
        try await page(
            .with {
                $0.indexOffset = offset
                $0.numMaxInvoices = Self.pageLength
                $0.reversed = true
            }
        )
    }

    private func page(_ request: Lnrpc_ListInvoiceRequest) async throws -> Lnrpc_ListInvoiceResponse {
        do throws(LndFault) {
            return try await connection.listInvoices(request)
        } catch {
            throw LightningFailure(error, "list invoices")
        }
    }

    // MARK: Following

    /// Subscribes again for as long as somebody reads, with pauses that grow and are never the same for two gateways. Ends
    /// where lnd says no, where it is not the one that it was, and where it is not known behind what to go on.
    ///
    /// - Parameter payment: what was told with the cursor; `nil` where that is not known.
    func settlements(
        since cursor: SettlementCursor?,
        of payment: PaymentHash? = nil
    ) -> AsyncThrowingStream<Settlement, any Error> {
        SettlementQueue.stream { queue in
            var pauses = Pauses()
            // What was told stays told, whatever the subscription ends with.
            var order: NIOLockedValueBox<LndOrder>?
            while !Task.isCancelled {
                do {
                    let known: NIOLockedValueBox<LndOrder>
                    if let order {
                        try await check(order.withLockedValue { $0 })
                        known = order
                    } else {
                        known = NIOLockedValueBox(try await beginning(at: cursor, of: payment))
                    }
                    order = known
                    let before = known.withLockedValue { $0.last }
                    try await follow(known, queue)
                    if known.withLockedValue({ $0.last }) != before { pauses = Pauses() }
                    if known.withLockedValue({ $0.beginsAnywhere }) { return }
                } catch let failure as LightningFailure where failure.reason == .unavailable {
                    if order?.withLockedValue({ $0.beginsAnywhere }) == true { throw failure }
                    logger.warning("lnd's settlements cannot be followed", metadata: ["reason": "\(failure)"])
                }
                try await Task.sleep(for: pauses.next())
            }
        }
    }

    private func beginning(at cursor: SettlementCursor?, of payment: PaymentHash?) async throws -> LndOrder {
        if cursor == SettlementCursor.next { return .unknown }
        if let cursor {
            let order = LndOrder(last: cursor.position, payment: payment)
            // Where it is not known what was told last, this waits for the next subscription: lists are long.
            if payment != nil { try await check(order) }
            return order
        }
        guard let newest = try await newestSettlement() else { return .unknown }
        return LndOrder(last: newest.index)
    }

    /// lnd passes over what has a lower index than was subscribed to (invoices/invoiceregistry.go, `dispatchToClients`): one
    /// that counts from the start again would say nothing of what is paid.
    ///
    /// - Throws: `SettlementsBeganAnew` where lnd is not the one that told of the last settlement.
    private func check(_ order: LndOrder) async throws {
        guard order.last > 0 else { return }
        if let payment = order.payment {
            let index = try await settleIndex(of: payment)
            if index == order.last { return }
            // Of an invoice that is paid again and again (AMP), lnd does not say the index.
            guard index == 0 else { throw SettlementsBeganAnew() }
        }
        if let newest = try await newestSettlement(), newest.isExact, newest.index < order.last {
            throw SettlementsBeganAnew()
        }
    }

    /// `nil` for an invoice that lnd does not know.
    private func settleIndex(of payment: PaymentHash) async throws -> UInt64? {
        do throws(LndFault) {
            return try await connection.lookupInvoice(.with { $0.rHash = Data(payment.bytes.array) }).settleIndex
        } catch {
            if error.isNotFound { return nil }
            throw LightningFailure(error, "look for the payment that it told of last")
        }
    }

    /// One subscription; another one at once where something was missing.
    private func follow(_ order: NIOLockedValueBox<LndOrder>, _ queue: SettlementQueue) async throws {
        var isMissing = true
        while isMissing, !Task.isCancelled {
            let isBeginning = order.withLockedValue { $0.last == 0 && !$0.beginsAnywhere }
            if isBeginning { try await tellFirst(order, queue) }
            isMissing = try await subscribe(order, queue)
        }
    }

    /// Index 0 subscribes to nothing of before (lnd, lnrpc/lightning.proto, `InvoiceSubscription`): the first settlement of
    /// all is looked for among the oldest invoices, and among the newest, and the others are behind it. Only for who wants
    /// everything.
    private func tellFirst(_ order: NIOLockedValueBox<LndOrder>, _ queue: SettlementQueue) async throws {
        var offset: UInt64 = 0
        for _ in 0..<Self.mostPages {
            let page = try await page(
                .with {
                    $0.indexOffset = offset
                    $0.numMaxInvoices = Self.pageLength
                }
            )
            if let first = page.invoices.first(where: { $0.settleIndex == 1 }) {
                _ = await Self.tell(first, order, queue)
                return
            }
            guard page.invoices.count == Int(Self.pageLength), page.lastIndexOffset > offset else { return }
            offset = page.lastIndexOffset
        }
        offset = 0
        var hasOthers = false
        for _ in 0..<Self.closePages {
            let page = try await page(before: offset)
            if let first = page.invoices.first(where: { $0.settleIndex == 1 }) {
                _ = await Self.tell(first, order, queue)
                return
            }
            hasOthers = hasOthers || page.invoices.contains { $0.settleIndex > 1 }
            guard !page.invoices.isEmpty, page.firstIndexOffset > 1 else { break }
            offset = page.firstIndexOffset
        }
        // Where there are others, it is left out rather than all of them; where there is none, it is yet to come.
        if hasOthers { order.withLockedValue { _ = $0.step(to: 1) } }
    }

    /// - Returns: true where a settlement between two others was missing.
    private func subscribe(_ order: NIOLockedValueBox<LndOrder>, _ queue: SettlementQueue) async throws -> Bool {
        let isMissing = NIOLockedValueBox(false)
        let last = order.withLockedValue { $0.last }
        do throws(LndFault) {
            try await connection.subscribeInvoices(.with { $0.settleIndex = last }) { invoice in
                switch await Self.tell(invoice, order, queue) {
                case .told: return true
                case .missing:
                    isMissing.withLockedValue { $0 = true }
                    return false
                case .ended: return false
                }
            }
        } catch {
            // What was told is told: the next subscription begins behind it.
            guard order.withLockedValue({ $0.last }) == last else {
                logger.notice("lnd's settlements are followed anew", metadata: ["reason": "\(error.message)"])
                return false
            }
            throw LightningFailure(error, "tell of settlements")
        }
        return isMissing.withLockedValue { $0 }
    }

    private enum Told {
        case told, missing, ended
    }

    private static func tell(
        _ invoice: Lnrpc_Invoice,
        _ order: NIOLockedValueBox<LndOrder>,
        _ queue: SettlementQueue
    ) async -> Told {
        // The same subscription tells of invoices that are made.
        guard invoice.state == .settled, invoice.settleIndex > 0 else { return .told }
        let before = order.withLockedValue { $0 }
        let payment = Bytes32(invoice.rHash).map { PaymentHash($0) }
        switch order.withLockedValue({ $0.step(to: invoice.settleIndex, of: payment) }) {
        case .known: return .told
        case .gap: return .missing
        case .next:
            // Nothing that this gateway could have asked for.
            guard let settlement = settlement(of: invoice) else { return .told }
            if await queue.send(settlement) { return .told }
            // A subscription whose time is over ends in the middle of this: the next one tells of it again.
            order.withLockedValue { $0 = before }
            return .ended
        }
    }

    /// `nil` for one without a payment hash or an amount.
    package static func settlement(of invoice: Lnrpc_Invoice) -> Settlement? {
        guard let hash = Bytes32(invoice.rHash), let paid = UInt64(exactly: invoice.amtPaidMsat), paid > 0 else {
            return nil
        }
        return Settlement(
            payment: PaymentHash(hash),
            amount: Amount(millisatoshis: paid),
            settledAt: WallTime(seconds: invoice.settleDate),
            cursor: SettlementCursor(position: invoice.settleIndex)
        )
    }
}
