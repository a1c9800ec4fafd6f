internal import GatewayKit

/// Where Aperture listens, as `listen` of a policy.
enum ApertureListener {
    static func lines(from settings: inout ApertureSection, sellsByMPP: Bool) -> [String] {
        var entries = ["address: \(PolicyText.quoted(address(from: &settings)))"]
        let isInsecure = settings.flag("insecure") ?? false
        let name = settings.text("servername")
        let issues = settings.flag("autocert") ?? false
        if isInsecure {
            if sellsByMPP, let entry = settings.take("insecure") {
                settings.warn(
                    entry.keyPlace,
                    "MPP makes no offers over plain HTTP: set 'tls', or 'trusted-proxies' where TLS ends before Sluice"
                )
            }
        } else {
            entries.append("tls: { self-signed: [\(PolicyText.quoted(name ?? "localhost"))] }")
            if issues, let entry = settings.take("autocert") {
                settings.warn(
                    entry.keyPlace,
                    "Sluice gets no certificates: it makes one itself, which clients do not trust, until you name yours with"
                        + " tls: { certificate: FILE, key: FILE }"
                )
            } else {
                settings.warn(
                    (settings.take("autocert") ?? settings.take("insecure"))?.keyPlace ?? settings.place,
                    "Aperture made a certificate of its own, tls.cert in its folder: Sluice makes another one; name that one"
                        + " with tls: { certificate: FILE, key: FILE } where clients trust it"
                )
            }
        }
        for (key, setting) in [("idletimeout", "idle-timeout"), ("readtimeout", "head-timeout")] {
            guard let text = settings.text(key), let entry = settings.take(key) else { continue }
            guard let duration = GoDuration.parsed(text) else {
                settings.warn(entry.keyPlace, "'\(key)' is no time such as 30s: the usual one stands")
                continue
            }
            entries.append("\(setting): \(duration.formattedForPolicy)")
            if key == "readtimeout" {
                settings.warn(
                    entry.keyPlace,
                    "'readtimeout' is the time for the head of a request here; slow bodies have 'min-body-rate'"
                )
            }
        }
        return ["listen: { \(entries.joined(separator: ", ")) }"]
    }

    private static func address(from settings: inout ApertureSection) -> String {
        guard let text = settings.text("listenaddr"), let place = settings.take("listenaddr")?.value.place else {
            settings.warn(settings.place, "'listenaddr' is missing: the policy listens on 127.0.0.1:8402")
            return "127.0.0.1:8402"
        }
        let address = text.hasPrefix(":") ? "0.0.0.0\(text)" : text
        guard ListenerSettings(parsing: address) != nil else {
            settings.warn(place, "'listenaddr' should be a host and a port: the policy listens on 127.0.0.1:8402")
            return "127.0.0.1:8402"
        }
        return address
    }
}
