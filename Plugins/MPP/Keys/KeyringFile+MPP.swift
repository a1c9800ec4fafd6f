package import GatewayKit

extension KeyringFile<ChallengeKeyring> {
    /// The file that holds the secrets of challenge ids. Whoever reads it can make challenges that were never offered.
    package convenience init(dataFolder: String) {
        self.init(
            SecretFile(
                dataFolder: dataFolder,
                name: "mpp.keyring",
                dependents: "MPP challenges",
                power: "make challenges"
            ),
            remarks: """
                # Signs the MPP challenges of this gateway. Each line: generation and secret; the newest signs.
                # Keep it secret. An older line may go once the last challenge made with it has expired.
                """,
            loss: "every offer that was not taken yet"
        ) { text throws(MalformedKeyring) in try ChallengeKeyring(parsing: text) }
    }
}
