internal import GatewayKit

/// What a route sells: the caveats that its tokens are minted with.
struct L402Terms: Sendable {
    /// In the order in which they are signed.
    let caveats: [SoldCaveat]
    let tier: Int
    let verification: Verification

    enum Verification: String, CaseIterable {
        /// The preimage proves the payment.
        case preimage
        /// The node must have said so too, once for each payment: for invoices whose preimage somebody else may know.
        case node
    }

    /// Reads the settings; notes what cannot be minted, or would be minted and never open anything.
    init(from settings: inout PolicyReader, service: String) {
        if !Self.isName(service) {
            settings.note(
                settings.place,
                "'\(settings.word)' cannot sell the service '\(service)':"
                    + " the name of a service should be \(Self.nameForm)"
            )
        }
        tier = settings.integer("tier", in: 0...255, or: 0)
        let services = SoldCaveat(
            condition: ServiceVerifier.services,
            value: .text("\(service):\(tier)"),
            place: settings.node("tier")?.place ?? settings.place
        )
        let words = Verification.allCases.map(\.rawValue)
        let verify = settings.choice("verify", of: words, or: Verification.preimage.rawValue)
        verification = Verification(rawValue: verify) ?? .preimage
        let end = Self.end(from: &settings, service: service)
        let capabilities = Self.capabilities(from: &settings, service: service)
        let constraints = Self.constraints(from: &settings, service: service)
        caveats = [services] + capabilities + constraints + end
    }

    /// The texts of a token's caveats that is made at this time.
    func texts(at time: WallTime) -> [String] {
        caveats.map { caveat in
            switch caveat.value {
            case .text(let text): "\(caveat.condition)=\(text)"
            case .after(let duration): "\(caveat.condition)=\(time.advanced(by: duration).seconds)"
            }
        }
    }

    /// Until when; empty: for good.
    private static func end(from settings: inout PolicyReader, service: String) -> [SoldCaveat] {
        guard let place = settings.node("valid-for")?.place else { return [] }
        let duration = settings.duration("valid-for")
        if duration < .seconds(1) {
            settings.note(settings.error(at: "valid-for", "should be a second or more"))
        }
        return [SoldCaveat(condition: service + ExpiryVerifier.suffix, value: .after(duration), place: place)]
    }

    /// Which parts; empty: all of the service.
    private static func capabilities(from settings: inout PolicyReader, service: String) -> [SoldCaveat] {
        guard let place = settings.node("capabilities")?.place else { return [] }
        let nodes = settings.nodes("capabilities")
        if nodes.count > CommaSeparated.most {
            settings.note(settings.error(at: "capabilities", "should be \(CommaSeparated.most) or fewer"))
        }
        let reader = settings
        let names = nodes.compactMap { node in
            let name = reader.text(of: node, expected: "'capabilities' should be a text or a list of texts")
            guard let name, !isName(name) else { return name }
            reader.note(node.place, "the capability '\(name)' should be \(nameForm)")
            return nil
        }
        let value = SoldCaveat.Value.text(names.joined(separator: ","))
        return [SoldCaveat(condition: service + CapabilitiesVerifier.suffix, value: value, place: place)]
    }

    static let nameForm = "a text without ':', ',', '=' or white space"

    /// True for what can stand in the lists of the `services` and `capabilities` caveats.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128
            && text.unicodeScalars.allSatisfy { scalar in
                !scalar.properties.isWhitespace && scalar.value >= 0x20 && scalar.value != 0x7F
                    && scalar != ":" && scalar != "," && scalar != "="
            }
    }

    private static func constraints(from settings: inout PolicyReader, service: String) -> [SoldCaveat] {
        guard var section = settings.section("constraints") else { return [] }
        let reserved = [
            ServiceVerifier.services, service + CapabilitiesVerifier.suffix, service + ExpiryVerifier.suffix,
            "preimage",
        ]
        let entries = section.freeEntries()
        if entries.count > 32 {
            section.note(section.place, "'constraints' should be 32 or fewer: every request carries them")
            return []
        }
        return entries.compactMap { entry in
            guard isName(entry.key) else {
                section.note(entry.keyPlace, "the constraint '\(entry.key)' should be \(nameForm)")
                return nil
            }
            guard !reserved.contains(entry.key) else {
                section.note(
                    entry.keyPlace,
                    "the constraint '\(entry.key)' has a meaning of its own in L402; see the other settings"
                )
                return nil
            }
            guard let value = section.text(of: entry.value, expected: "'\(entry.key)' should be a text") else {
                return nil
            }
            guard value.utf8.count <= 256 else {
                section.note(entry.value.place, "'\(entry.key)' should be 256 bytes or fewer: every request carries it")
                return nil
            }
            return SoldCaveat(condition: entry.key, value: .text(value), place: entry.keyPlace)
        }
    }
}
