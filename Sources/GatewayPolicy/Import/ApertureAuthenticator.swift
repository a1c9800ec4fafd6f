internal import GatewayKit

/// What Aperture's `authenticator` says: the node, and what every service is sold with.
struct ApertureAuthenticator {
    var offersMPP = false
    var realm: String?
    var offersSessions = false
    var depositUnits: UInt64 = 20
    var idleTimeout: Duration?
    /// What was set up, as a comment: no secret.
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
        for key in ["network", "lndhost", "tlspath", "macdir", "wavelengthgateway", "wavelengthmacaroonpath"] {
            guard let text = settings.text(key), let entry = settings.take(key) else { continue }
            // An address may hold a password.
            node.append("\(key): \(text.contains("@") ? "(not repeated)" : text.filter { !$0.isNewline })")
            settings.warn(entry.keyPlace, "'\(key)' is kept as a comment: \(Self.noNode)")
        }
        settings.leaveOut([
            "passphrase": "it is a secret, and Sluice does not connect over Lightning Node Connect yet",
            "mailboxaddress": "Sluice does not connect over Lightning Node Connect yet",
            "devserver": "Sluice does not connect over Lightning Node Connect yet",
        ])
    }

    static let noNode =
        "Sluice has no backend for a production node yet, and 'lightning: dev' makes invoices that move no money"
}
