/// Which invoices a node is asked for that tells of nothing by itself: so many at each look, first those that somebody waits
/// for, then new ones, and with what is left all of them in turn. A value: whoever keeps it guards it.
///
/// An invoice is new again after twice the time each time: most are paid soon or never.
struct InvoiceLooks: Sendable {
    /// Invoices that are gone through in a look, from the newest on and in turn.
    private static let reach = 2_048
    /// Invoices that are closed and are asked for once more.
    private static let mostEnded = 1_024

    private struct Look {
        /// The look behind which the invoice was made.
        let start: Int
        /// The one that asked for it last, and when.
        var last: Int?
        var lastTime: WallTime?

        func isDue(at number: Int) -> Bool { last.map { number - $0 > $0 - start } ?? true }
    }

    private var open: [PaymentHash: Look] = [:]
    /// In the order in which they were made; some are not open any more.
    private var made: [PaymentHash] = []
    /// The oldest first.
    private var ended: [Invoice] = []
    /// Of looks so far.
    private var number = 0
    /// Whose turn it is, of `made`.
    private var turn = 0

    mutating func add(_ payment: PaymentHash) {
        if made.count > 2 * open.count + 64 { forgetClosed() }
        open[payment] = Look(start: number)
        made.append(payment)
    }

    mutating func remove(_ payment: PaymentHash) {
        open[payment] = nil
    }

    /// One that nobody can pay any more, or whose payment was presented, may have been paid since it was asked for; `remove`
    /// follows.
    mutating func close(_ invoice: Invoice) {
        // Where nobody looks, nobody needs to know.
        guard number > 0 else { return }
        if let lastTime = open[invoice.paymentHash]?.lastTime, lastTime >= invoice.expiresAt { return }
        ended.append(invoice)
        if ended.count >= 2 * Self.mostEnded { ended.removeFirst(ended.count - Self.mostEnded) }
    }

    /// Those that were closed, each once.
    mutating func nextEnded(_ most: Int) -> [Invoice] {
        let next = Array(ended.suffix(most))
        ended.removeLast(next.count)
        return next
    }

    /// Begins a look.
    ///
    /// - Parameters:
    ///   - most: so many are to be asked for.
    ///   - waiting: for which somebody waits: they take half of them at the most.
    ///   - now: the time.
    mutating func next(_ most: Int, first waiting: Set<PaymentHash>, at now: WallTime) -> [PaymentHash] {
        number += 1
        var chosen = [PaymentHash]()
        let known = open
        let longest = waiting.filter { known[$0] != nil }.sorted { known[$0]?.last ?? -1 < known[$1]?.last ?? -1 }
        for payment in longest.prefix(most / 2) { choose(payment, &chosen) }
        let share = chosen.count + (most - chosen.count + 1) / 2
        for payment in made.suffix(Self.reach).reversed() {
            guard chosen.count < share else { break }
            if open[payment]?.isDue(at: number) == true { choose(payment, &chosen) }
        }
        for _ in 0..<min(made.count, Self.reach) {
            guard chosen.count < most else { break }
            if turn >= made.count { turn = 0 }
            let payment = made[turn]
            turn += 1
            if let look = open[payment], look.last != number { choose(payment, &chosen) }
        }
        for payment in chosen { open[payment]?.lastTime = now }
        return chosen
    }

    private mutating func choose(_ payment: PaymentHash, _ chosen: inout [PaymentHash]) {
        open[payment]?.last = number
        chosen.append(payment)
    }

    private mutating func forgetClosed() {
        let open = open
        turn = made.prefix(turn).count(where: { open[$0] != nil })
        made.removeAll { open[$0] == nil }
    }
}
