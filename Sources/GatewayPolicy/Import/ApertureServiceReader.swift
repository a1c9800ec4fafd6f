internal import GatewayKit

/// Reads an entry of `services`. Where something cannot be said in a policy the service is refused or asks for more, and
/// never for less, than it did.
struct ApertureServiceReader {
    /// All the bitcoin that a price may ask for in Aperture.
    private static let highestPrice: UInt64 = 100_000 * 100_000_000

    private var settings: ApertureSection
    let authenticator: ApertureAuthenticator
    private var service: ApertureService

    init(_ settings: ApertureSection, number: Int, authenticator: ApertureAuthenticator) {
        var settings = settings
        let written = settings.text("name") ?? "service-\(number)"
        var name = String(written.map { PolicyName.isValid(String($0)) ? $0 : "-" })
        if name.isEmpty { name = "service-\(number)" }
        if name != written {
            settings.warn(
                settings.take("name")?.value.place ?? settings.place,
                "'name' is '\(name)' in the policy: a name there \(PolicyName.rule)"
            )
        }
        let place = settings.take("name")?.value.place ?? settings.place
        service = ApertureService(place: place, written: written, name: name)
        self.settings = settings
        self.authenticator = authenticator
    }

    mutating func read() -> ApertureService {
        readHosts()
        service.path = pattern("pathregexp") ?? .everything
        readAddress()
        readAccess()
        readSchemes()
        readDynamicPrice()
        readPrice()
        service.free = patterns("authwhitelistpaths", unreadable: "its paths are not free")
        service.unsold = patterns("authskipinvoicecreationpaths", unreadable: "its paths make invoices")
        readLimits()
        readTerms()
        readRewrite()
        service.headers = ApertureHeaders(service: service.name).headers(settings.map("headers"), in: settings)
        settings.finish()
        return service
    }

    private mutating func place(_ key: String) -> Place { settings.take(key)?.value.place ?? settings.place }

    private mutating func refuse(_ key: String, _ reason: String) {
        settings.warn(
            place(key),
            "'\(key)' \(reason); the service '\(service.name)' is answered 503 until you change that"
        )
        service.refusal = service.refusal ?? "'\(key)' \(reason)"
    }

    /// The same for what concerns the paths that are free too.
    private mutating func refuseAll(_ key: String, _ reason: String) {
        refuse(key, reason)
        service.url = nil
    }

    // MARK: Matching

    private mutating func readHosts() {
        let text = settings.text("hostregexp") ?? ""
        guard let hosts = GoHosts(parsing: text) else {
            settings.warn(
                place("hostregexp"),
                "'hostregexp' cannot be said in a policy, which takes api.example.com or *.example.com: the service"
                    + " '\(service.name)' is left out; write its 'host' yourself"
            )
            return
        }
        service.hosts = hosts.names
        if hosts.isLoose {
            settings.warn(
                place("hostregexp"),
                "'hostregexp' is not bound to both ends, and so fits every host that only holds"
                    + " '\(hosts.names.joined(separator: ", "))'; the policy takes that host alone"
            )
        }
        if hosts.hasPort {
            settings.warn(place("hostregexp"), "'hostregexp' names a port, without which policies match: any port fits")
        }
    }

    private mutating func pattern(_ key: String) -> GoPattern? {
        guard let text = settings.text(key) else { return nil }
        let pattern = GoPattern(parsing: text)
        guard pattern.isReadable else {
            settings.warn(
                place(key),
                "'\(key)' is no regular expression here: the service '\(service.name)' is left out; write its 'path'"
                    + " yourself"
            )
            service.hosts = nil
            return nil
        }
        return pattern
    }

    private mutating func patterns(_ key: String, unreadable: String) -> [GoPattern] {
        settings.texts(key).compactMap { text, place in
            let pattern = GoPattern(parsing: text)
            if pattern.isReadable { return pattern }
            settings.warn(place, "an entry of '\(key)' is no regular expression here: \(unreadable)")
            return nil
        }
    }

    // MARK: Upstream

    private mutating func readAddress() {
        let word = settings.text("protocol") ?? "http"
        guard ["http", "https"].contains(word) else {
            refuseAll("protocol", "should be http or https")
            for key in ["tlscertpath", "address"] { _ = settings.take(key) }
            return
        }
        let certificate = settings.text("tlscertpath")
        guard let address = settings.text("address"), !address.contains("/"),
            let parsed = ListenerSettings(parsing: address.contains(":") ? address : "\(address):80")
        else {
            refuseAll("address", "should be a host and a port such as 127.0.0.1:8080")
            return
        }
        service.url = "\(word)://\(address)"
        service.host = IPAddress(parsed.host) == nil && parsed.host != "localhost" ? address : nil
        if word == "https" {
            service.certificate = certificate
            settings.warn(
                place("protocol"),
                certificate == nil
                    ? "Aperture never verifies the certificate of a service, and Sluice does, by the roots of the system;"
                        + " name its own with tls: { roots: FILE } if it has one"
                    : "Aperture never verifies the certificate of a service, and Sluice does, by 'tlscertpath': it must"
                        + " name the host of 'address'"
            )
        } else if certificate != nil {
            settings.leaveOut(["tlscertpath": "the protocol is http"])
        }
    }

    private mutating func readRewrite() {
        guard var rewrite = settings.section("rewrite") else { return }
        if let text = rewrite.text("prefix"), !text.isEmpty {
            if let prefix = RequestPath.normalised(text), !prefix.contains("?"), !prefix.contains("*") {
                service.prefix = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
            } else {
                refuseAll("rewrite", "should have a 'prefix' that is an absolute path")
            }
        }
        rewrite.finish()
    }

    // MARK: Access

    private mutating func readAccess() {
        guard let text = settings.text("auth") else { return }
        let words = text.lowercased().split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        switch words.first ?? "" {
        case "on" where words.count == 1, "true" where words.count == 1, "" where words.count == 1:
            break
        case "off" where words.count == 1, "false" where words.count == 1:
            service.access = .free
        case "freebie" where words.count == 2:
            guard let count = UInt16(words[1]) else {
                settings.warn(place("auth"), "'auth' should be 'freebie' and a number up to 65535: nothing is free")
                return
            }
            service.access = .paid(free: Int(count))
            guard count > 0 else { return }
            settings.warn(
                place("auth"),
                "Aperture counts \(count) free requests for each block of addresses until it is started anew; here they"
                    + " begin anew every 366 days, and are kept over restarts: see 'free-quota'"
            )
        default:
            settings.warn(
                place("auth"),
                "'auth' should be on, off or 'freebie 5'. Aperture takes what stands here for off and gives the service"
                    + " '\(service.name)' away; here it is paid for: write 'off' if it is meant to be free"
            )
        }
    }

    private mutating func readSchemes() {
        let written = settings.text("authscheme") ?? ""
        let isKnown = ["", "l402", "mpp", "l402+mpp"].contains(written)
        if !isKnown {
            settings.warn(place("authscheme"), "'authscheme' should be l402, mpp or l402+mpp: it is taken for l402")
        }
        switch written {
        case "mpp" where authenticator.offersMPP: service.schemes = ["mpp"]
        case "l402+mpp" where authenticator.offersMPP, "" where authenticator.offersMPP:
            service.schemes = ["l402", "mpp"]
        case "mpp", "l402+mpp":
            settings.warn(
                place("authscheme"),
                "'authscheme' asks for mpp, which 'enablempp' turns on: it is l402 alone"
            )
        default: break
        }
    }

    private mutating func readPrice() {
        let text = settings.text("price")
        // Whatever stands there counts for nothing.
        guard !service.isFree, service.refusal == nil, service.priceServer == nil else { return }
        if let text {
            if text.hasPrefix("-") || UInt64(text).map({ $0 > Self.highestPrice }) != false {
                refuse("price", "should be a number of satoshis")
                return
            }
            if let count = UInt64(text), count > 0 {
                service.price = .satoshis(count) ?? service.price
            }
        }
        if service.price.millisatoshis == 1_000, settings.text("price") != "1" {
            settings.warn(
                place("price"),
                "the service '\(service.name)' has no price, and so costs Aperture's default of 1 sat; write the price that"
                    + " you mean"
            )
        }
    }

    private mutating func readDynamicPrice() {
        guard var pricer = settings.section("dynamicprice") else { return }
        let node = pricer.take("enabled")
        let isEnabled = node != nil && pricer.flag("enabled") != false
        let address = pricer.text("grpcaddress")
        let isPlain = pricer.flag("insecure") == true
        let certificate = pricer.text("tlscertpath")
        let metering = Self.metering(&pricer)
        pricer.finish()
        guard isEnabled else {
            if address != nil, node == nil, !service.isFree {
                pricer.warn(
                    pricer.place,
                    "'dynamicprice' has an address and no 'enabled: true', so that 'price' counts for the service"
                        + " '\(service.name)', as in Aperture"
                )
            }
            return
        }
        guard !service.isFree else { return }
        guard let address = address.flatMap(Self.address) else {
            return refuse("dynamicprice", "should have a 'grpcaddress' such as 127.0.0.1:10010")
        }
        if !isPlain, certificate == nil {
            pricer.warn(
                pricer.place,
                "'dynamicprice' has neither 'tlscertpath' nor 'insecure: true', with which Aperture does not start: its"
                    + " certificate is verified by the roots of the system here"
            )
        }
        let roots = certificate.map { "{ roots: \(PolicyText.quoted($0)) }" } ?? "true"
        service.priceServer = .init(address: address, tls: isPlain ? nil : roots, metering: metering)
    }

    private static func metering(_ pricer: inout ApertureSection) -> [String] {
        let isMetered = pricer.flag("metered") == true
        guard let text = pricer.text("usagetailbytes"), isMetered, text != "0", text != "16384" else {
            return isMetered ? ["metered: true"] : []
        }
        guard let count = Int(text), (1_024...1_048_576).contains(count) else {
            pricer.warn(
                pricer.take("usagetailbytes")?.value.place ?? pricer.place,
                "'usagetailbytes' should be a number from 1024 to 1048576: it is 16 KiB here"
            )
            return ["metered: true"]
        }
        return ["metered: true", "usage-tail: \(ByteCount(count))"]
    }

    /// As policies name it; `nil` for what they cannot. gRPC takes some in other forms, too (gRPC, "Name resolution").
    private static func address(_ text: String) -> String? {
        var text = text
        for prefix in ["dns:///", "passthrough:///"] where text.hasPrefix(prefix) { text.removeFirst(prefix.count) }
        if text.hasPrefix("unix:///") { text = "unix:\(text.dropFirst("unix://".count))" }
        guard let listener = ListenerSettings(parsing: text), listener.socketPath != nil || listener.port > 0 else {
            return nil
        }
        return text
    }

    // MARK: Terms

    private mutating func readTerms() {
        if let text = settings.text("timeout") {
            if let seconds = Int64(text), seconds > 0, seconds <= 100 * 365 * 86_400 {
                service.lifetime = .seconds(seconds)
            } else if text != "0" {
                settings.warn(place("timeout"), "'timeout' should be a number of seconds: tokens do not expire")
            }
        }
        if let text = settings.text("capabilities") {
            let names = text.split(separator: ",").map { String($0.filter { $0 != " " }) }.filter { !$0.isEmpty }
            service.capabilities = names.filter { name in
                let isValid = !name.contains { ":=".contains($0) || $0.isWhitespace } && name.utf8.count <= 128
                if !isValid {
                    settings.warn(place("capabilities"), "a name in 'capabilities' holds ':' or '=': it is left out")
                }
                return isValid
            }
            if !service.capabilities.isEmpty {
                settings.warn(
                    place("capabilities"),
                    "Aperture writes capabilities into tokens and never looks at them; so it is here until a route asks for"
                        + " one: caveats: [{ capabilities: \(service.capabilities[0]) }]"
                )
            }
        }
        for entry in settings.map("constraints") {
            settings.warn(
                entry.keyPlace,
                "the constraint '\(entry.key)' is left out: Aperture writes it into tokens and never looks at it, and Sluice"
                    + " sells nothing that it does not verify; 'timeout' makes tokens expire, and a caveat verifier is a"
                    + " plugin of a few lines"
            )
        }
    }

    private mutating func readLimits() {
        for var limit in settings.sections("ratelimits") {
            let text = limit.text("pathregexp") ?? ""
            let count = limit.text("requests").flatMap(Int.init) ?? 0
            let period = limit.text("per").flatMap(GoDuration.parsed)
            let burst = limit.text("burst").flatMap(Int.init) ?? 0
            limit.finish()
            let pattern = GoPattern(parsing: text)
            guard count > 0, burst >= 0, let period, let rate = Rate(count, per: period), pattern.isReadable else {
                limit.warn(
                    limit.place,
                    "this rate limit needs positive 'requests' and 'per', such as 5 and 1s, and a 'pathregexp' that can be"
                        + " read: it is left out, and nothing stands in its stead"
                )
                continue
            }
            service.limits.append(
                .init(pattern: pattern, rate: "\(rate)", burst: burst == 0 ? count : burst, place: limit.place)
            )
        }
    }
}
