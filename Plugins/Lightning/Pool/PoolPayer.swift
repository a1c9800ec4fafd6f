#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Which node a pool has told to pay an invoice, as the store has it: no other one may be told as long as it is not known that
/// this one has not paid.
struct PoolPayer: Hashable, Sendable, Codable {
    let name: String
    /// As of the member; `nil`: it was written down when that was left out.
    let place: String?
    /// It said no the last time, and that it has not paid.
    let hasRefused: Bool

    init(_ member: PoolMember, hasRefused: Bool = false) {
        name = member.name
        place = member.place
        self.hasRefused = hasRefused
    }

    /// The same node in a pool, also where it has another name by now; another one that has taken over its name is none.
    func member(of members: [PoolMember]) -> PoolMember? {
        if let member = members.first(where: { $0.name == name && (place == nil || $0.place == place) }) {
            return member
        }
        return members.first { $0.hasAddress && $0.place == place }
    }

    // MARK: In the store

    init(stored bytes: [UInt8]) {
        let payer = try? JSONDecoder().decode(Self.self, from: Data(bytes))
        name = payer?.name ?? String(decoding: bytes, as: UTF8.self)
        place = payer?.place
        hasRefused = payer?.hasRefused ?? false
    }

    func encoded() throws -> [UInt8] { Array(try JSONEncoder().encode(self)) }
}

extension PoolPayer: CustomStringConvertible {
    var description: String { "'\(name)'" + (place.map { $0.isEmpty ? "" : " (\($0))" } ?? "") }
}
