internal import GatewayKit

/// What Aperture's `authenticator` says: the node, and what every service is sold with.
struct ApertureAuthenticator {
    var offersMPP = false
    var realm: String?
    var offersSessions = false
    var depositUnits: UInt64 = 20
    var idleTimeout: Duration?
    /// What stands behind `lightning`: no secret.
    var lightning = "dev"
    /// What was set up and has no place there, as comments: no secret.
    var node: [String] = []

    init() {}

    init(from section: ApertureSection?) {
        guard var settings = section else { return }
        readNode(&settings)
        offersMPP = settings.flag("enablempp") ?? false
        realm = settings.text("mpprealm")
        offersSessions = settings.flag("enablesessions") ?? false
        let units = settings.text("sessiondepositmultiplier")
        depositUnits = units.flatMap(UInt64.init).flatMap { (1...1_000_000).contains($0) ? $0 : nil } ?? 20
        let idle = settings.text("sessionidletimeout").flatMap(Int64.init)
        if let idle, idle > 0 {
            let bounded = min(max(idle, 10), 30 * 86_400)
            if bounded != idle, let place = settings.take("sessionidletimeout")?.value.place {
                settings.warn(place, "'sessionidletimeout' is \(bounded) here: from 10s to 30d")
            }
            idleTimeout = .seconds(bounded)
        }
        if !offersMPP {
            for key in ["mpprealm", "enablesessions", "sessiondepositmultiplier", "sessionidletimeout"] {
                guard let entry = settings.take(key), offersSessions || key != "enablesessions" else { continue }
                settings.warn(entry.keyPlace, "'\(key)' is left out: 'enablempp' is not true")
            }
            offersSessions = false
        }
        settings.finish()
    }

    private mutating func readNode(_ settings: inout ApertureSection) {
        if settings.flag("disable") == true, let entry = settings.take("disable") {
            settings.warn(
                entry.keyPlace,
                "'disable' is left out: what is not 'auth: off' is still paid for here; write that where a service is free"
            )
        }
        if let lnd = Self.lnd(in: &settings) {
            lightning = lnd
        } else {
            for key in ["network", "lndhost", "tlspath", "macdir"] { keep(key, in: &settings) }
        }
        for key in ["wavelengthgateway", "wavelengthmacaroonpath"] { keep(key, in: &settings) }
        settings.leaveOut([
            "passphrase": "it is a secret, and Sluice does not connect over Lightning Node Connect yet",
            "mailboxaddress": "Sluice does not connect over Lightning Node Connect yet",
            "devserver": "Sluice does not connect over Lightning Node Connect yet",
        ])
    }

    /// The same node, by the same interface and with the macaroon that Aperture opens it with; `nil` where it is not named in
    /// full.
    private static func lnd(in settings: inout ApertureSection) -> String? {
        guard let address = settings.text("lndhost"), let listener = ListenerSettings(parsing: address),
            listener.socketPath == nil, listener.port > 0, let folder = settings.text("macdir"),
            let folderPlace = settings.take("macdir")?.keyPlace
        else { return nil }
        var entries = ["use: lnd", "address: \(PolicyText.quoted(address))"]
        if let certificate = settings.text("tlspath") {
            entries.append("certificate: \(PolicyText.quoted(certificate))")
        }
        let end = folder.hasSuffix("/") ? "" : "/"
        entries.append("macaroon: !file \(PolicyText.quoted("\(folder)\(end)invoice.macaroon"))")
        let place = settings.take("network")?.keyPlace ?? settings.place
        if let network = settings.text("network"), network != "mainnet" {
            if ["testnet", "signet", "regtest", "simnet"].contains(network) {
                entries.append("network: \(network)")
            } else {
                settings.warn(place, "'network' is left out: invoices of no other network than bitcoin are taken")
            }
        }
        settings.warn(
            folderPlace,
            "Aperture opens lnd with invoice.macaroon, and so does this policy; a narrower one is in \"Lightning nodes\" of the"
                + " documentation, and 'sluice doctor' says what this one allows beyond what is needed"
        )
        return "{ \(entries.joined(separator: ", ")) }"
    }

    private mutating func keep(_ key: String, in settings: inout ApertureSection) {
        guard let text = settings.text(key), let entry = settings.take(key) else { return }
        // An address may hold a password.
        node.append("\(key): \(text.contains("@") ? "(not repeated)" : text.filter { !$0.isNewline })")
        settings.warn(entry.keyPlace, "'\(key)' is kept as a comment: it names no node that Sluice can ask")
    }
}
