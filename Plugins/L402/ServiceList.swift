/// The value of a `services` caveat: `name:tier`, comma-separated (L402 macaroon-spec, "Target services").
struct ServiceList {
    private let value: String

    /// `nil` unless every entry has a name and a tier that is a number.
    init?(_ value: String) {
        for entry in CommaSeparated(value) where Self.name(of: entry) == nil {
            return nil
        }
        self.value = value
    }

    func contains(_ service: some StringProtocol) -> Bool {
        CommaSeparated(value).contains { entry in
            Self.name(of: entry)?.elementsEqual(service.utf8) ?? false
        }
    }

    func isSubset(of other: ServiceList) -> Bool {
        CommaSeparated(value).allSatisfy { entry in
            guard let name = Self.name(of: entry) else { return false }
            return other.contains(Substring(name))
        }
    }

    private static func name(of entry: Substring.UTF8View) -> Substring.UTF8View? {
        guard let colon = entry.firstIndex(of: UInt8(ascii: ":")), colon > entry.startIndex,
            case let tier = entry[entry.index(after: colon)...], !tier.isEmpty, tier.count <= 10,
            tier.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return entry[..<colon]
    }
}
