package import GatewayKit

/// The file that holds the keyring. Whoever reads it can make tokens: it is its owner's alone.
package struct KeyringFile: Sendable {
    private let file: SecretFile

    package var path: String { file.path }

    package init(dataFolder: String) {
        file = SecretFile(
            dataFolder: dataFolder,
            name: "l402.keyring",
            dependents: "L402 tokens",
            power: "make tokens"
        )
    }

    /// The keyring, and never a new one; `nil` when there is no file.
    package func existing() throws(StartFailure) -> Keyring? {
        guard let text = try file.read() else { return nil }
        return try keyring(of: text)
    }

    /// The keyring; a new one with one random key when there is none yet.
    ///
    /// Of any number of processes that start together, one makes the file and all read it.
    package func load() throws(StartFailure) -> Keyring {
        let text = try file.load(
            orCreate: "# Signs the L402 tokens of this gateway. Each line: generation and key; the newest signs.\n"
                + "# Keep it secret, and keep a copy: without it no token that was sold is worth anything.\n"
                + "1 \(Bytes32.random().hex)\n"
        )
        return try keyring(of: text)
    }

    private func keyring(of text: String) throws(StartFailure) -> Keyring {
        do {
            return try Keyring(parsing: text)
        } catch {
            throw StartFailure(
                "the keyring \(path) is damaged: \(error); put back a copy of it, or move it away to begin with"
                    + " new keys, which ends every token that was sold"
            )
        }
    }
}
