package import GatewayKit

/// What a policy says of an LNbits wallet.
package struct LNbitsSettings: Sendable {
    package var node: NodeSettings
    /// The wallet's invoice key.
    package var key: Secret
    /// How often it is asked for news, a tenth more or less.
    package var poll = Duration.seconds(1)

    package init(node: NodeSettings, key: Secret) {
        self.node = node
        self.key = key
    }

    init(from settings: inout PolicyReader) {
        node = NodeSettings(from: &settings, usual: .onThisMachine(port: 5000, isSecure: false))
        key = Self.key("key", from: &settings) ?? Secret("")
        poll = settings.timeout("poll", or: poll)
    }

    private static func key(_ name: String, from settings: inout PolicyReader) -> Secret? {
        guard let key = settings.secret(name) else { return nil }
        if key.text.isEmpty || !key.text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            settings.note(settings.error(at: name, "should be a key of an LNbits wallet"))
        }
        return key
    }
}
