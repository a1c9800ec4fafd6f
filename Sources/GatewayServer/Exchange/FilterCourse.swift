package import GatewayKit

/// Decides what becomes of a response whose filter is asked: events in, steps out. Knows no filter and no socket.
///
/// Its promises: the filter is asked one thing at a time, what it demands while it is being called waits until it has
/// returned, and after `end` or `cut` nothing follows.
package struct FilterCourse {
    package enum Step {
        /// Nothing to do until the next event.
        case wait
        /// Ask the filter, whose trailers the upstream's are in place of; then tell `returned`.
        case askTrailers(Fields)
        /// The upstream may go on.
        case resume
        /// The response ends here as a whole one.
        case end(Fields)
        /// It ends here, and the client is to see that it is not whole.
        case cut
    }

    package enum Demand {
        case end(Fields)
        case cut
    }

    private enum Phase {
        case open
        case asked
        case askedTrailers
        case over
    }

    private var phase = Phase.open
    /// The filter is being called at this moment.
    package private(set) var isCalling = false
    private var demand: Demand?
    /// The upstream has ended while a part was held.
    private var trailers: Fields?
    /// What is still to be sent of a length that the head has promised.
    private var remaining: UInt64?

    /// - Parameter length: what the head says that the body has, where the filter keeps it.
    package init(length: UInt64? = nil) {
        remaining = length
    }

    /// True while no further part may come.
    package var isHeld: Bool {
        if case .open = phase { return false }
        return true
    }

    package var isOver: Bool {
        if case .over = phase { return true }
        return false
    }

    // MARK: The upstream

    /// - Returns: true when the filter is to be asked about the part that came; then tell `returned`.
    package mutating func partCame() -> Bool {
        guard case .open = phase else { return false }
        phase = .asked
        isCalling = true
        return true
    }

    package mutating func upstreamEnded(_ trailers: Fields) -> Step {
        switch phase {
        case .open: return askTrailers(trailers)
        case .asked:
            self.trailers = trailers
            return .wait
        case .askedTrailers, .over: return .wait
        }
    }

    private mutating func askTrailers(_ trailers: Fields) -> Step {
        phase = .askedTrailers
        isCalling = true
        return .askTrailers(trailers)
    }

    // MARK: The filter

    /// The call of the filter is over; its answer may have come in it, or not.
    package mutating func returned() -> Step {
        isCalling = false
        guard let demand else { return .wait }
        self.demand = nil
        return obey(demand)
    }

    /// What the filter answered about a part is sent.
    package mutating func answered() -> Step {
        guard case .asked = phase else { return .wait }
        phase = .open
        if let trailers {
            self.trailers = nil
            return askTrailers(trailers)
        }
        // In its call, the upstream has not stopped yet.
        return isCalling ? .wait : .resume
    }

    package mutating func answered(trailers: Fields) -> Step {
        guard case .askedTrailers = phase else { return .wait }
        return demands(.end(trailers))
    }

    /// The first demand counts.
    package mutating func demands(_ demand: Demand) -> Step {
        guard !isOver else { return .wait }
        guard !isCalling else {
            self.demand = self.demand ?? demand
            return .wait
        }
        return obey(demand)
    }

    private mutating func obey(_ demand: Demand) -> Step {
        phase = .over
        switch demand {
        case .end(let trailers): return remaining ?? 0 == 0 ? .end(trailers) : .cut
        case .cut: return .cut
        }
    }

    /// - Returns: false when so many bytes may not be sent: the response is over, or longer than its head said.
    package mutating func sends(_ count: Int) -> Bool {
        guard !isOver else { return false }
        guard let remaining else { return true }
        guard UInt64(count) <= remaining else { return false }
        self.remaining = remaining - UInt64(count)
        return true
    }

    /// The exchange is over.
    package mutating func stop() {
        phase = .over
        demand = nil
    }
}
