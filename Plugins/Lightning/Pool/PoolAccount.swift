internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Up to where a pool has heard of the payments to one of its nodes, and what has arrived there on the last day of them.
struct PoolAccount: Hashable, Sendable, Codable {
    private static let prefix = "pool/node/"

    /// Up to where the reader of the pool has them; `nil`: it was never followed.
    private(set) var position: UInt64?
    /// The payment that was told with it, in hexadecimal; `nil` where that is not known.
    private var told: String?
    /// Up to where they are counted.
    private var counted: UInt64 = 0
    /// Since 1970, in UTC.
    private var day: Int64 = 0
    /// Millisatoshi.
    private var received: UInt64 = 0

    private static func day(of time: WallTime) -> Int64 { time.seconds / 86_400 }

    /// Counts a settlement, the first time that it is told.
    mutating func count(_ settlement: Settlement, at now: WallTime) {
        guard settlement.cursor.position > counted else { return }
        counted = settlement.cursor.position
        // What a clock that is ahead calls tomorrow would hide all that is received today.
        let day = Self.day(of: min(settlement.settledAt, now))
        // What is told late was received on a day that is over.
        guard day >= self.day else { return }
        if day > self.day { (self.day, received) = (day, 0) }
        let (sum, overflow) = received.addingReportingOverflow(settlement.amount.millisatoshis)
        received = overflow ? .max : sum
    }

    /// - Parameter payment: what was told with the cursor; `nil` where it is only known that the node stands there.
    mutating func keep(_ cursor: SettlementCursor, of payment: PaymentHash?) {
        position = cursor.position
        told = payment?.description
    }

    /// The node counts from the start again, so that what it tells next is new. What was received today was received.
    mutating func beginAnew() {
        position = nil
        told = nil
        counted = 0
    }

    /// `nil` for any other cursor than the one that is kept.
    func payment(at cursor: SettlementCursor?) -> PaymentHash? {
        guard let cursor, cursor.position == position else { return nil }
        return told.flatMap { Bytes32(hex: $0) }.map { PaymentHash($0) }
    }

    func received(onDayOf time: WallTime) -> Amount {
        Amount(millisatoshis: Self.day(of: time) == day ? received : 0)
    }

    // MARK: In the store

    static func key(of member: PoolMember) -> String {
        prefix + member.name + (member.place.isEmpty ? "" : " \(member.place)")
    }

    init() {}

    /// - Throws: when the bytes are not what `encoded` made.
    init(stored bytes: [UInt8]) throws {
        guard let account = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
            throw StartFailure("the store holds an account of a node that the pool cannot read")
        }
        self = account
    }

    func encoded() throws -> [UInt8] { Array(try JSONEncoder().encode(self)) }
}
