/// What may become of a session. Stores apply these to what they keep, inside of a transaction, so that all of them agree;
/// none changes anything when it returns something else than true or a value.
extension Session {
    /// Takes an amount, if the session is open and has so much left.
    package mutating func take(_ amount: Amount, at time: WallTime) -> Bool {
        guard state == .open, let sum = spent.adding(amount), sum <= deposit else { return false }
        spent = sum
        use(at: time)
        return true
    }

    /// Gives an amount back that was taken.
    package mutating func giveBack(_ amount: Amount) -> Bool {
        guard state == .open, let difference = spent.subtracting(amount) else { return false }
        spent = difference
        return true
    }

    /// Adds to what was deposited.
    package mutating func credit(_ amount: Amount, at time: WallTime) -> Bool {
        guard state == .open, let sum = deposit.adding(amount), sum <= .maximum else { return false }
        deposit = sum
        use(at: time)
        return true
    }

    /// Clocks of several machines differ: a use never makes the last one earlier.
    package mutating func use(at time: WallTime) {
        usedAt = max(usedAt, time)
    }

    package mutating func end(_ ending: Ending, at time: WallTime, retryAt: WallTime) -> Bool {
        guard state == .open, ending != .idle || idleAt <= time else { return false }
        self.ending = ending
        closedAt = time
        guard rest > .zero else {
            state = .closed
            return true
        }
        state = .closing
        refundAttempts = 1
        refundDueAt = retryAt
        return true
    }

    package mutating func beginRefund(at time: WallTime, retryAt: WallTime) -> Bool {
        guard state == .closing, let due = refundDueAt, due <= time else { return false }
        refundAttempts += 1
        refundDueAt = retryAt
        return true
    }

    package mutating func endRefund(_ outcome: RefundOutcome) -> Bool {
        switch outcome {
        case .paid(let cost):
            // It may arrive after it was given up.
            guard state == .closing || state == .givenUp else { return false }
            state = .closed
            refundDueAt = nil
            refundCost = cost
        case .failed(let retryAt):
            guard state == .closing else { return false }
            refundDueAt = retryAt
        case .givenUp:
            guard state == .closing else { return false }
            state = .givenUp
            refundDueAt = nil
        }
        return true
    }
}
