internal import GatewayKit

/// What a route sells: the caveats that its tokens are minted with.
struct L402Terms: Sendable {
    private let service: String
    private let tier: Int
    /// `nil`: all of the service.
    private let capabilities: [String]?
    /// In the order of the policy.
    private let constraints: [Caveat]
    /// `nil`: for good.
    private let validFor: Duration?

    /// Reads the settings; notes what cannot be minted, or would be minted and never open anything.
    init(from settings: inout PolicyReader, service: String) {
        self.service = service
        if !Self.isName(service) {
            settings.note(
                settings.place,
                "'\(settings.word)' cannot sell the service '\(service)':"
                    + " the name of a service should be \(Self.nameForm)"
            )
        }
        tier = settings.integer("tier", in: 0...255, or: 0)
        validFor = settings.node("valid-for") == nil ? nil : settings.duration("valid-for")
        if let validFor, validFor < .seconds(1) {
            settings.note(settings.error(at: "valid-for", "should be a second or more"))
        }
        let names = settings.nodes("capabilities")
        if settings.contains("capabilities") {
            let reader = settings
            capabilities = names.compactMap { node in
                let name = reader.text(of: node, expected: "'capabilities' should be a text or a list of texts")
                guard let name, !Self.isName(name) else { return name }
                reader.note(node.place, "the capability '\(name)' should be \(Self.nameForm)")
                return nil
            }
        } else {
            capabilities = nil
        }
        constraints = Self.constraints(from: &settings, service: service)
    }

    /// The caveats of a token that is made at this time, in the order in which they are signed.
    func caveats(at time: WallTime) -> [String] {
        var caveats = ["\(ServiceVerifier.services)=\(service):\(tier)"]
        if let capabilities {
            caveats.append("\(service)\(CapabilitiesVerifier.suffix)=\(capabilities.joined(separator: ","))")
        }
        caveats += constraints.map(\.description)
        if let validFor {
            caveats.append("\(service)\(ExpiryVerifier.suffix)=\(time.advanced(by: validFor).seconds)")
        }
        return caveats
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

    private static func constraints(from settings: inout PolicyReader, service: String) -> [Caveat] {
        guard var section = settings.section("constraints") else { return [] }
        let reserved = [
            ServiceVerifier.services, service + CapabilitiesVerifier.suffix, service + ExpiryVerifier.suffix,
            "preimage",
        ]
        let entries = section.freeEntries()
        if entries.count > 32 {
            section.note(section.place, "'constraints' should be 32 or fewer: every request carries them")
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
            return Caveat(condition: entry.key, value: value)
        }
    }
}
