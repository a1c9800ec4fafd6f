package import GatewayKit

/// The file that holds the secrets of challenge ids. Whoever reads it can make challenges that were never offered.
package struct ChallengeKeyringFile: Sendable {
    private let file: SecretFile

    package var path: String { file.path }

    package init(dataFolder: String) {
        file = SecretFile(
            dataFolder: dataFolder,
            name: "mpp.keyring",
            dependents: "MPP challenges",
            power: "make challenges"
        )
    }

    /// The keyring; a new one with one random secret when there is none yet.
    ///
    /// Of any number of processes that start together, one makes the file and all read it.
    package func load() throws(StartFailure) -> ChallengeKeyring {
        let text = try file.load(
            orCreate:
                "# Signs the MPP challenges of this gateway. Each line: generation and secret; the newest signs.\n"
                + "# Keep it secret. An older line may go once the last challenge made with it has expired.\n"
                + "1 \(Bytes32.random().hex)\n"
        )
        do {
            return try ChallengeKeyring(parsing: text)
        } catch {
            throw StartFailure(
                "the keyring \(path) is damaged: \(error); put back a copy of it, or move it away to begin with a"
                    + " new secret, which ends every offer that was not taken yet"
            )
        }
    }
}
