package import GatewayKit

/// Makes a policy of the configuration of Aperture, another gateway for L402.
///
/// Sells nothing for less than Aperture did, repeats no secret, and warns, by line, of what does not come along.
package struct ApertureImport {
    package enum Outcome: Sendable {
        /// The text of a policy; the warnings are sorted by line.
        case policy(String, warnings: [PolicyMistake])
        /// The file cannot be read.
        case mistakes([PolicyMistake])
    }

    private let warnings = PolicyMistakes()

    package init() {}

    /// - Parameter file: how warnings name it.
    package func policy(from bytes: [UInt8], named file: String) -> Outcome {
        let mistakes = PolicyMistakes()
        guard let text = SourceText(bytes, file: file, mistakes: mistakes) else { return .mistakes(mistakes.all) }
        var syntax = PolicySyntax(text, folder: "", mistakes: mistakes)
        guard let root = syntax.root(), mistakes.all.isEmpty else { return .mistakes(mistakes.all.sortedByPlace()) }
        guard case .map = root.content else {
            return .mistakes([PolicyMistake(root.place, "Aperture's configuration is a map, not \(root.kind)")])
        }
        var settings = ApertureSection(root, name: "aperture.yaml", warnings: warnings)
        let authenticator = ApertureAuthenticator(from: settings.section("authenticator"))
        let services = services(&settings, authenticator)
        let isStrict = settings.flag("strictverify") ?? false
        let listen = ApertureListener.lines(from: &settings, sellsByMPP: authenticator.offersMPP)
        leaveOut(&settings)
        settings.finish()

        var policy = AperturePolicy(
            services,
            authenticator: authenticator,
            verifiesStrictly: isStrict,
            warnings: warnings
        )
        let source = file.filter { !$0.isNewline }
        var lines = [
            "# Made of \(source) by 'sluice import'. Read its warnings before you serve this.", "version: 1", "",
        ]
        lines += listen
        if policy.sellsSomething {
            lines.append("")
            if authenticator.lightning == "dev" {
                lines.append("# Name your node: 'dev' makes invoices that move no money.")
            }
            lines += authenticator.node.map { "#   \($0)" } + ["lightning: \(authenticator.lightning)"]
        }
        lines += ["store: sqlite", ""] + policy.upstreams() + policy.lines()
        return .policy(lines.joined(separator: "\n") + "\n", warnings: warnings.all.sortedByPlace())
    }

    private func services(
        _ settings: inout ApertureSection,
        _ authenticator: ApertureAuthenticator
    ) -> [ApertureService] {
        let sections = settings.sections("services")
        if sections.isEmpty {
            settings.warn(settings.place, "there are no 'services': without a route the policy is refused")
        }
        var services = [ApertureService]()
        for (index, section) in sections.enumerated() {
            var reader = ApertureServiceReader(section, number: index + 1, authenticator: authenticator)
            var service = reader.read()
            let wanted = service.name
            var number = 2
            while services.contains(where: { $0.name == service.name }) {
                service.name = "\(wanted)-\(number)"
                number += 1
            }
            if service.name != wanted {
                settings.warn(
                    service.place,
                    "the name '\(wanted)' stands twice, and a token of one service opens the other in Aperture: this one is"
                        + " '\(service.name)' here, with tokens of its own"
                )
            }
            services.append(service)
        }
        return services
    }

    private func leaveOut(_ settings: inout ApertureSection) {
        settings.leaveOut([
            "blocklist": "Sluice has no list of addresses to refuse; refuse them in a firewall before you serve this",
            "staticroot": "Sluice serves no files; requests that no route is for are answered 404",
            "servestatic": "Sluice serves no files; requests that no route is for are answered 404",
            "debuglevel": "it is the option --log-level of 'sluice run'",
            "configfile": "policies are named on the command line: sluice run POLICIES",
            "basedir": "the folder for keys and data is the option --data of 'sluice run'",
            "profile": "there is no profile to serve",
            "invoicebatchsize": "Sluice never lists all invoices",
            "writetimeout": "a client that takes nothing is cut off by 'idle-timeout' of 'listen'",
            "wspinginterval": "WebSockets are passed through, and pinged by their ends",
            "wspongwait": "WebSockets are passed through, and pinged by their ends",
        ])
        leaveOutSections(&settings)
        settings.warn(
            settings.take("dbbackend")?.keyPlace ?? settings.place,
            "tokens that Aperture sold do not open anything here: their keys are in its database"
        )
    }

    private func leaveOutSections(_ settings: inout ApertureSection) {
        settings.leaveOut(
            "sqlite",
            of: ["dbfile", "databasefilename", "skipmigrations"],
            "it is Aperture's own database; Sluice keeps one in the folder of --data"
        )
        let backend = settings.text("dbbackend") ?? "etcd"
        let postgres = [
            "host", "port", "user", "password", "dbname", "maxconnections", "maxopenconnections", "requiressl",
            "requireSSL", "skipmigrations",
        ]
        for (key, keys) in [("postgres", postgres), ("etcd", ["host", "user", "password"])] {
            settings.leaveOut(
                key,
                of: keys,
                backend == key ? "Sluice keeps its data in SQLite, on one machine" : "'dbbackend' is '\(backend)'"
            )
        }
        settings.leaveOut(
            "tor",
            of: ["control", "listenport", "virtualport", "v3"],
            "Sluice does not speak to Tor; let Tor forward an onion service to the address of 'listen'"
        )
        settings.leaveOut(
            "hashmail",
            of: ["enabled", "messagerate", "messageburstallowance", "staletimeout"],
            "Sluice has no mailbox yet"
        )
        settings.leaveOut(
            "prometheus",
            of: ["enabled", "listenaddr"],
            "admin: { listen: 127.0.0.1:8404 } answers /metrics, with what became of invoices"
        )
        settings.leaveOut(
            "admin",
            of: ["enabled", "macaroonpath", "corsorigin", "corsorigins"],
            "services change in policies here; admin: { listen: 127.0.0.1:8404 } answers /healthz and /readyz"
        )
        settings.leaveOut(
            "logging",
            of: ["console", "file"],
            "Sluice logs to standard error; see --log-level and 'access-log'"
        )
    }
}
