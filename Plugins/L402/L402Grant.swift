package import GatewayKit

/// What an operator gives away without a payment: the caveats of the token.
package struct L402Grant: Sendable {
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    /// In the order in which they are signed.
    package let caveats: [String]

    /// - Parameters:
    ///   - services: `name` or `name:tier`; empty: every service of the gateway.
    ///   - capabilities: of each of the services; empty: all.
    ///   - end: until when; `nil`: for good.
    ///   - further: caveats behind these, as they stand.
    package init(
        services: [String],
        capabilities: [String] = [],
        end: WallTime? = nil,
        further: [String] = []
    ) throws(Malformed) {
        var names = [String]()
        var entries = [String]()
        for service in services {
            let parts = service.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let tier = parts.count == 2 ? UInt8(parts[1]) : 0
            guard parts.count <= 2, let name = parts.first, L402Terms.isName(name), let tier else {
                throw Malformed(description: "the service '\(service)' should be a name, or name:tier (0 to 255)")
            }
            names.append(name)
            entries.append("\(name):\(tier)")
        }
        guard names.count <= CommaSeparated.most, capabilities.count <= CommaSeparated.most else {
            throw Malformed(description: "there should be \(CommaSeparated.most) services or capabilities at most")
        }
        guard !names.isEmpty || (capabilities.isEmpty && end == nil) else {
            throw Malformed(description: "an end and capabilities are those of a service, and none is named")
        }
        if let capability = capabilities.first(where: { !L402Terms.isName($0) }) {
            throw Malformed(description: "the capability '\(capability)' should be \(L402Terms.nameForm)")
        }
        for caveat in further {
            try Self.check(caveat)
        }
        var caveats = names.isEmpty ? [] : ["\(ServiceVerifier.services)=\(entries.joined(separator: ","))"]
        if !capabilities.isEmpty {
            caveats += names.map { "\($0)\(CapabilitiesVerifier.suffix)=\(capabilities.joined(separator: ","))" }
        }
        caveats += further
        if let end {
            caveats += Self.end(of: names, at: end)
        }
        self.caveats = caveats
    }

    /// The caveats that end these services.
    package static func end(of services: [String], at time: WallTime) -> [String] {
        services.map { "\($0)\(ExpiryVerifier.suffix)=\(time.seconds)" }
    }

    /// - Throws: for what is no `condition=value` in one line.
    package static func check(_ caveat: String) throws(Malformed) {
        let parsed = Caveat(parsing: caveat)
        guard caveat.utf8.contains(UInt8(ascii: "=")), !parsed.condition.isEmpty, caveat.utf8.count <= 1_024,
            caveat.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            throw Malformed(description: "the caveat '\(caveat)' should be condition=value, 1024 bytes at most")
        }
        guard parsed.condition != "preimage" else {
            throw Malformed(description: "'preimage' proves a payment and restricts nothing: it is no caveat to add")
        }
    }
}
