/// The value of a `services` caveat: `name:tier`, comma-separated (L402 macaroon-spec, "Target services").
struct ServiceList {
    private let entries: CommaSeparated

    /// `nil` unless every entry has a name and a tier that is a number, and there are no more than are read.
    init?(_ value: String) {
        guard let entries = CommaSeparated(value) else { return nil }
        for entry in entries where Self.name(of: entry) == nil {
            return nil
        }
        self.entries = entries
    }

    /// True when it names the service in a tier that `opens` says is good enough.
    func contains(_ service: some StringProtocol, in opens: (Int) -> Bool) -> Bool {
        entries.contains { entry in
            Self.name(of: entry)?.elementsEqual(service.utf8) == true && Self.tier(of: entry).map(opens) == true
        }
    }

    func contains(_ service: some StringProtocol) -> Bool {
        entries.contains { entry in
            Self.name(of: entry)?.elementsEqual(service.utf8) ?? false
        }
    }

    /// The first tier that the service is named with.
    func tier(of service: String) -> Int? {
        entries.first { Self.name(of: $0)?.elementsEqual(service.utf8) == true }.flatMap(Self.tier(of:))
    }

    var names: [String] {
        entries.compactMap { entry in Self.name(of: entry).map { String(decoding: $0, as: UTF8.self) } }
    }

    /// By name and tier: another tier, even a lower one, is something else that was not bought.
    func isSubset(of other: ServiceList) -> Bool {
        entries.allSatisfy { entry in
            guard let name = Self.name(of: entry), let tier = Self.tier(of: entry) else { return false }
            return other.contains(Substring(name)) { $0 == tier }
        }
    }

    /// Of at most ten digits, which `name` has seen to.
    private static func tier(of entry: Substring.UTF8View) -> Int? {
        entry.firstIndex(of: UInt8(ascii: ":")).flatMap { Int(Substring(entry[entry.index(after: $0)...])) }
    }

    private static func name(of entry: Substring.UTF8View) -> Substring.UTF8View? {
        guard let colon = entry.firstIndex(of: UInt8(ascii: ":")), colon > entry.startIndex,
            case let tier = entry[entry.index(after: colon)...], !tier.isEmpty, tier.count <= 10,
            tier.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return entry[..<colon]
    }
}
