package import GatewayKit

extension KeyringFile<Keyring> {
    /// The file that holds the master keys of tokens. Whoever reads it can make tokens.
    package convenience init(dataFolder: String) {
        self.init(
            SecretFile(
                dataFolder: dataFolder,
                name: "l402.keyring",
                dependents: "L402 tokens",
                power: "make tokens"
            ),
            remarks: """
                # Signs the L402 tokens of this gateway. Each line: generation and key; the newest signs.
                # Keep it secret, and keep a copy: without it no token that was sold is worth anything.
                """,
            loss: "every token that was sold"
        ) { text throws(MalformedKeyring) in try Keyring(parsing: text) }
    }
}
