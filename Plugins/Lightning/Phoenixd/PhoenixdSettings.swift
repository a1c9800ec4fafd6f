package import GatewayKit

/// What a policy says of a phoenixd.
package struct PhoenixdSettings: Sendable {
    package var node: NodeSettings
    /// One of phoenix.conf: the limited one will do where nothing is paid back.
    package var password: Secret
    /// Whether the password is one that may pay.
    package var paysBack = false
    /// How often it is asked for news, a tenth more or less.
    package var poll = Duration.seconds(1)
    package var webhook: Webhook?

    package struct Webhook: Sendable {
        let listener: ListenerSettings
        /// `webhook-secret` of phoenix.conf.
        let secret: Secret
    }

    package init(node: NodeSettings, password: Secret) {
        self.node = node
        self.password = password
    }

    init(from settings: inout PolicyReader) {
        node = NodeSettings(from: &settings, usual: .onThisMachine(port: 9740, isSecure: false))
        password = settings.secret("password") ?? Secret("")
        paysBack = settings.flag("refunds", or: false)
        poll = settings.timeout("poll", or: poll)
        webhook = Self.webhook(from: &settings)
    }

    private static func webhook(from settings: inout PolicyReader) -> Webhook? {
        guard var section = settings.section("webhook") else { return nil }
        defer { section.finish() }
        let listener = section.value(
            "listen",
            or: nil,
            placeholder: ListenerSettings(host: "127.0.0.1", port: 9741),
            expected: "where phoenixd sends its messages, such as 127.0.0.1:9741"
        ) { ListenerSettings(parsing: $0) }
        guard let secret = section.secret("secret") else { return nil }
        if secret.text.isEmpty {
            section.note(section.error(at: "secret", "should be webhook-secret of phoenix.conf, not ''"))
        }
        return Webhook(listener: listener, secret: secret)
    }
}
