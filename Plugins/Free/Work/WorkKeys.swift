internal import Crypto
internal import GatewayKit
internal import NIOConcurrencyHelpers

/// The key of a data folder's challenges. One for each folder in a process. May be used from any thread.
final class WorkKeys: Sendable {
    private static let all = NIOLockedValueBox<[String: WorkKeys]>([:])

    private let file: SecretFile
    private let loaded = NIOLockedValueBox<SymmetricKey?>(nil)

    private init(dataFolder: String) {
        file = SecretFile(
            dataFolder: dataFolder,
            name: "pow.keyring",
            dependents: "proofs of work",
            power: "skip the work"
        )
    }

    /// Touches no file.
    static func of(dataFolder: String) -> WorkKeys {
        all.withLockedValue { all in
            if let keys = all[dataFolder] { return keys }
            let keys = WorkKeys(dataFolder: dataFolder)
            all[dataFolder] = keys
            return keys
        }
    }

    /// `nil` when no scheme of this process uses the folder.
    static func known(dataFolder: String) -> WorkKeys? {
        all.withLockedValue { $0[dataFolder] }
    }

    /// Read or made on first use, which blocks for a small file; `sluice run` asks before it listens.
    func key() throws(StartFailure) -> SymmetricKey {
        let result: Result<SymmetricKey, StartFailure> = loaded.withLockedValue { key in
            if let key { return .success(key) }
            do throws(StartFailure) {
                let loaded = try load()
                key = loaded
                return .success(loaded)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func load() throws(StartFailure) -> SymmetricKey {
        let text = try file.load(
            orCreate: "# Signs the proof-of-work challenges of this gateway: 64 hexadecimal digits. Keep it secret.\n"
                + "\(Bytes32.random().hex)\n"
        )
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
        guard lines.count == 1, let key = lines.first.flatMap({ Bytes32(hex: String($0)) }) else {
            throw StartFailure(
                "the keyring \(file.path) is damaged: it should hold one line of 64 hexadecimal digits; move it away to"
                    + " begin with a new key, which ends the challenges that are not solved yet"
            )
        }
        return SymmetricKey(data: key.array)
    }
}
