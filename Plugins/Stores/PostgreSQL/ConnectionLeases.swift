internal import NIOCore

/// Who has a connection, and who waits for one, in the order in which they came. Decides, and does nothing.
package struct ConnectionLeases<Connection: Sendable, Waiter: Sendable>: Sendable {
    package enum Answer: Sendable {
        /// `nil`: none is idle, and a new one may be made.
        case granted(Connection?)
        /// Served by `giveBack`, unless somebody calls it away by this number.
        case waits(UInt64)
        case refused(PostgresFailure)
    }

    private let limit: Int
    private let waitingLimit: Int
    private var idle = [Connection]()
    private var leased = 0
    private var waiting = [UInt64: Waiter]()
    /// The numbers of those who wait, and of some who did.
    private var order = CircularBuffer<UInt64>()
    private var lastNumber: UInt64 = 0
    private var isClosed = false

    package init(limit: Int, waiting waitingLimit: Int) {
        self.limit = limit
        self.waitingLimit = waitingLimit
    }

    package mutating func take(_ waiter: Waiter) -> Answer {
        guard !isClosed else { return .refused(.closed) }
        if leased < limit {
            leased += 1
            // The one that was used last: its memory is warm, and it is the least likely to have been cut off.
            return .granted(idle.popLast())
        }
        guard waiting.count < waitingLimit else { return .refused(.crowded) }
        lastNumber += 1
        waiting[lastNumber] = waiter
        order.append(lastNumber)
        return .waits(lastNumber)
    }

    /// - Parameter connection: `nil`: it is no good any more.
    /// - Returns: who is next, and has it from now on.
    package mutating func giveBack(_ connection: Connection?) -> Waiter? {
        while let number = order.popFirst() {
            if let waiter = waiting.removeValue(forKey: number) { return waiter }
        }
        leased -= 1
        if let connection, !isClosed { idle.append(connection) }
        return nil
    }

    /// - Returns: false when it does not wait any more.
    package mutating func change(_ number: UInt64, _ change: (inout Waiter) -> Void) -> Bool {
        guard var waiter = waiting[number] else { return false }
        change(&waiter)
        waiting[number] = waiter
        return true
    }

    /// - Returns: `nil` when it does not wait any more.
    package mutating func callAway(_ number: UInt64) -> Waiter? {
        let waiter = waiting.removeValue(forKey: number)
        // All wait for the same time: the first to come is the first to be called away.
        while let first = order.first, waiting[first] == nil { order.removeFirst() }
        return waiter
    }

    /// - Returns: those that are idle, which are not given to anybody.
    package mutating func dropIdle() -> [Connection] {
        defer { idle = [] }
        return idle
    }

    /// Whoever has one may end what he does.
    ///
    /// - Returns: those who wait, in vain.
    package mutating func close() -> (idle: [Connection], waiting: [Waiter]) {
        isClosed = true
        defer {
            waiting = [:]
            order.removeAll()
        }
        return (dropIdle(), order.compactMap { waiting[$0] })
    }
}
