package import GatewayKit

/// `origin=DE,AT,office`: the credential counts for clients in these countries and networks, as files of the policy tell
/// them.
///
/// A client whose address is not known, on a Unix socket, or stands in no file is nowhere.
package struct OriginCaveat: CaveatVerifier, Plugin {
    package static let word = "origin"
    package let condition = "origin"

    /// Longer lists are not read.
    private static let most = 64

    /// Each says one name of an address at the most.
    private let tables: [NetworkTable]
    /// False where a file could not be read: what seems to be missing may stand in it.
    private let isWhole: Bool

    /// `{ use: origin, countries: countries.csv, networks: { office: office.txt } }`: one of both at least.
    package init(from settings: inout PolicyReader, _ services: Services) {
        let files = services.parts.part { NetworkFiles() }
        var tables = [NetworkTable?]()
        if let node = settings.node("countries") {
            tables.append(files.table(at: node, as: .countries, named: "'countries'", in: settings))
        }
        if var section = settings.section("networks") {
            for entry in section.freeEntries() {
                guard Self.isName(entry.key) else {
                    let form = "should be a word without ',', and not two capital letters as of a country"
                    section.note(entry.keyPlace, "the name of a network \(form), not '\(entry.key)'")
                    tables.append(nil)
                    continue
                }
                let name = "'\(entry.key)'"
                tables.append(files.table(at: entry.value, as: .network(entry.key), named: name, in: section))
            }
        }
        if !settings.contains("countries"), tables.isEmpty {
            settings.note(
                settings.place,
                "'\(Self.word)' needs 'countries': a file of lines such as 192.0.2.0/24,DE,"
                    + " or 'networks': files of networks by name",
                rule: .missingSetting
            )
        }
        self.tables = tables.compactMap { $0 }
        isWhole = self.tables.count == tables.count && !tables.isEmpty
    }

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        guard let address = exchange.client.address, let names = Self.names(in: caveat.value) else { return false }
        return tables.contains { table in
            table.name(of: address).map { name in names.contains { $0.elementsEqual(name.utf8) } } ?? false
        }
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard let earlier = Self.names(in: earlier.value), let later = Self.names(in: later.value) else { return false }
        return later.allSatisfy { name in earlier.contains { $0.elementsEqual(name) } }
    }

    package func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        guard sold.condition == condition else { return nil }
        guard isWhole else { return .enforced }
        guard case .text(let value) = sold.value, let names = Self.names(in: value),
            names.contains(where: { name in tables.contains { $0.hasName(name) } })
        else { return .unfulfillable("names no country or network of the files here") }
        return .enforced
    }

    /// `nil` for a list that is too long to read.
    private static func names(in value: String) -> [Substring.UTF8View]? {
        let names = value.utf8.split(separator: UInt8(ascii: ","), maxSplits: most, omittingEmptySubsequences: false)
        return names.count <= most ? names : nil
    }

    /// True for what may stand in a caveat and is no country.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64 && !NetworkTable.isCountry(text[...])
            && text.utf8.allSatisfy { ASCII.isTokenByte($0) }
    }
}
