internal import NIOConcurrencyHelpers

/// What became of the invoices of each service since the process began. May be used from any thread.
public final class InvoiceTally: Sendable {
    public struct Counts: Hashable, Sendable {
        public var issued: UInt64 = 0
        public var settled: UInt64 = 0
        public var expired: UInt64 = 0
        /// Held payments that were let go, because nothing was delivered for them.
        public var cancelled: UInt64 = 0
        /// Payments back to clients.
        public var refunded: UInt64 = 0
        public var received = Amount.zero
        public var paidBack = Amount.zero
        /// From an invoice to its settlement.
        public var delays = Delays()

        public init() {}
    }

    /// How long payments took.
    public struct Delays: Hashable, Sendable {
        /// The last class is for what took longer than any of these.
        public static let bounds: [Duration] = [
            .seconds(1), .seconds(5), .seconds(15), .seconds(60), .seconds(300), .seconds(900), .seconds(3_600),
        ]

        /// One more than there are bounds: those that took up to each, and not up to the one before.
        public private(set) var counts = [UInt64](repeating: 0, count: Self.bounds.count + 1)
        public private(set) var sum = Duration.zero

        mutating func add(_ delay: Duration) {
            // Clocks of a node and of a gateway differ, and a node may say any time: their sum must not overflow.
            let delay = min(max(delay, .zero), .seconds(365 * 86_400))
            counts[Self.bounds.firstIndex { delay <= $0 } ?? Self.bounds.count] += 1
            sum += delay
        }
    }

    private let counts = NIOLockedValueBox<[String: Counts]>([:])

    public init() {}

    /// By service.
    public var all: [String: Counts] { counts.withLockedValue { $0 } }

    public func noteIssued(for service: String) { change(service) { $0.issued += 1 } }

    public func noteExpired(_ count: Int, for service: String) {
        change(service) { $0.expired += UInt64(clamping: count) }
    }

    public func noteCancelled(for service: String) { change(service) { $0.cancelled += 1 } }

    /// Once for each invoice: when the store was told for the first time.
    public func noteSettled(_ invoice: IssuedInvoice, for amount: Amount, at time: WallTime) {
        change(invoice.service) { counts in
            counts.settled += 1
            counts.received = counts.received.adding(amount) ?? .maximum
            let (delay, overflow) = time.milliseconds.subtractingReportingOverflow(invoice.issuedAt.milliseconds)
            if !overflow { counts.delays.add(.milliseconds(delay)) }
        }
    }

    public func noteRefunded(_ amount: Amount, for service: String) {
        change(service) { counts in
            counts.refunded += 1
            counts.paidBack = counts.paidBack.adding(amount) ?? .maximum
        }
    }

    private func change(_ service: String, _ body: (inout Counts) -> Void) {
        counts.withLockedValue { body(&$0[service, default: Counts()]) }
    }
}
