package import NIOCore

/// What the requests of one event loop have met at an endpoint, and whether the next ones should go elsewhere.
///
/// A value that knows no clock. An endpoint that failed so many times in a row is out for a second; then one request
/// tries it, and every further failure doubles the time, up to a minute. A success forgets everything.
package struct EndpointHealth {
    private static let longest = TimeAmount.seconds(60)
    /// How long one request has to find out, before another one tries.
    private static let trial = TimeAmount.seconds(1)

    private let limit: Int
    private let seed: UInt64
    private var failures = 0
    private var outings = 0
    private var outUntil: NIODeadline?
    private var isOnTrial = false

    /// - Parameter seed: endpoints with different ones do not come back at the same moment.
    package init(limit: Int, seed: UInt64) {
        self.limit = limit
        self.seed = seed
    }

    package func isOut(at now: NIODeadline) -> Bool {
        guard let outUntil else { return false }
        return now < outUntil
    }

    package mutating func succeeded() {
        guard failures > 0 else { return }
        failures = 0
        outings = 0
        outUntil = nil
        isOnTrial = false
    }

    /// - Parameter isConclusive: once is enough.
    package mutating func failed(at now: NIODeadline, isConclusive: Bool = false) {
        failures = isConclusive ? max(failures + 1, limit) : failures + 1
        // What was under way when the endpoint was taken out says nothing new.
        guard failures >= limit, isOnTrial || !isOut(at: now) else { return }
        isOnTrial = false
        outings += 1
        outUntil = now + Self.pause(outings, seed: seed)
    }

    /// A request is sent there: one at a time once the pause is over.
    package mutating func tried(at now: NIODeadline) {
        guard outUntil != nil, !isOut(at: now) else { return }
        isOnTrial = true
        outUntil = now + Self.trial
    }

    /// Between three quarters and all of 1 s, 2 s, 4 s ... 60 s; the same for the same seed.
    package static func pause(_ outing: Int, seed: UInt64) -> TimeAmount {
        let full = min(TimeAmount.seconds(1 << Int64(min(outing - 1, 6))), longest)
        var mixed = (seed &+ UInt64(outing)) &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 32
        return .nanoseconds(full.nanoseconds / 1024 * Int64(768 + mixed % 257))
    }
}
