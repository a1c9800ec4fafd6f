import GatewayKit
import LightningTesting
import NIOConcurrencyHelpers

// What clients, node and books say in the end.
extension KillTrial {
    /// Invoices wait a twentieth of a second to be written together, and then for the disk: who dies before that has told
    /// nobody of them but their clients, who are served (`Store.note`).
    private static let longestUnwritten = Duration.seconds(2)

    /// What must not be.
    func faults(of books: KillBooks) -> [String] {
        let (faults, purchases, sessions) = state.withLockedValue { ($0.faults, $0.purchases, $0.sessions) }
        let ofPurchases: [String] = purchases.flatMap { $0.faults + $0.faults(in: books) }
        let ofSessions: [String] = sessions.flatMap { $0.faults + $0.faults(in: books) }
        return faults + ofPurchases + ofSessions + arrivalFaults(in: books) + followingFaults
    }

    /// How it went, on a line.
    func summary(of books: KillBooks) -> String {
        let (lives, purchases, sessions) = state.withLockedValue { ($0.life, $0.purchases, $0.sessions) }
        let unwritten = node.settled.count { !books.quotes.contains($0) }
        let replayed = node.subscriptions.reduce(0) { $0 + $1.replayed }
        return """
            \(lives) lives, \(purchases.count) purchases, \(sessions.count) sessions: \
            \(purchases.count(where: \.isLost)) and \(sessions.reduce(0) { $0 + $1.lost }) units lost with the process that \
            answered, \(purchases.count(where: \.waits)) held by one that died, \(unwritten) whose invoice died unwritten; \
            \(node.subscriptions.count) subscriptions, \(replayed) settlements told again
            """
    }

    /// Each payment that has arrived stands in the books as arrived, once, and no other does.
    private func arrivalFaults(in books: KillBooks) -> [String] {
        let arrived = node.settled
        let others = Set(books.settlements.keys).subtracting(arrived)
        let missing = arrived.compactMap { payment -> String? in
            let count = books.settlements[payment, default: 0]
            let isRight = books.quotes.contains(payment) ? count == 1 : count == 0 && mayBeUnwritten(payment)
            return isRight ? nil : "\(payment): arrived, and \(count) times in the books"
        }
        return missing + others.map { "\($0): in the books, and it never arrived" }
    }

    private func mayBeUnwritten(_ payment: PaymentHash) -> Bool {
        state.withLockedValue { state in
            guard let offer = state.offers[payment], let killed = state.killedAt[offer.life] else { return false }
            return offer.madeAt.duration(to: killed) < Self.longestUnwritten
        }
    }

    /// A gateway follows the node from where the store stood: the place is written after the settlement, so that at most one
    /// that is booked is told again.
    private var followingFaults: [String] {
        let (starts, booked) = state.withLockedValue { ($0.subscriptionsBefore, $0.booked) }
        let subscriptions = node.subscriptions
        var faults = [String]()
        var earlier: UInt64 = 0
        for (index, start) in starts.enumerated() {
            let life = index + 1
            let end = life < starts.count ? starts[life] : subscriptions.count
            // It may have been too short for one.
            guard let position = subscriptions[start..<end].map(\.position).min() else { continue }
            if position < earlier { faults.append("life \(life) follows from \(position), one before from \(earlier)") }
            if let booked = booked[life], position + 1 < UInt64(booked) {
                faults.append("life \(life) follows from \(position), and \(booked) were booked")
            }
            earlier = position
        }
        return faults
    }
}
