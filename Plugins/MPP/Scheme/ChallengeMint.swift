package import GatewayKit

/// What the `mpp` schemes of all routes share: the keyring, the answers that may be asked for again, and the attempts to
/// serve what payments bought. One for each data folder in a process.
package final class ChallengeMint: Sendable {
    private static let mints = OnePerFolder { ChallengeMint(dataFolder: $0) }

    private let file: KeyringFile<ChallengeKeyring>
    let answers = AnswerShelf()
    let archive = AnswerArchive()
    let attempts = ChargeAttempts()

    package init(dataFolder: String) {
        file = KeyringFile(dataFolder: dataFolder)
    }

    /// The mint of a data folder. Touches no file.
    package static func of(dataFolder: String) -> ChallengeMint {
        mints.value(of: dataFolder)
    }

    /// Read or made on first use, which blocks for a small file; `sluice run` asks before it listens.
    package func keyring() throws(StartFailure) -> ChallengeKeyring {
        try file.keys()
    }
}
