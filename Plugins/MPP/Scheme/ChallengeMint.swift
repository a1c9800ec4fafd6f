package import GatewayKit
internal import NIOConcurrencyHelpers

/// What the `mpp` schemes of all routes share: the keyring, the answers that may be asked for again, and the attempts to
/// serve what payments bought. One for each data folder in a process.
package final class ChallengeMint: Sendable {
    private static let mints = NIOLockedValueBox<[String: ChallengeMint]>([:])

    private let file: ChallengeKeyringFile
    private let loaded = NIOLockedValueBox<ChallengeKeyring?>(nil)
    let answers = AnswerShelf()
    let archive = AnswerArchive()
    let attempts = ChargeAttempts()

    package init(dataFolder: String) {
        file = ChallengeKeyringFile(dataFolder: dataFolder)
    }

    /// The mint of a data folder. Touches no file.
    package static func of(dataFolder: String) -> ChallengeMint {
        mints.withLockedValue { mints in
            if let mint = mints[dataFolder] { return mint }
            let mint = ChallengeMint(dataFolder: dataFolder)
            mints[dataFolder] = mint
            return mint
        }
    }

    /// Read or made on first use, which blocks for a small file; `sluice run` asks before it listens.
    package func keyring() throws(StartFailure) -> ChallengeKeyring {
        let result: Result<ChallengeKeyring, StartFailure> = loaded.withLockedValue { keyring in
            if let keyring { return .success(keyring) }
            do throws(StartFailure) {
                let loaded = try file.load()
                keyring = loaded
                return .success(loaded)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
