internal import NIOConcurrencyHelpers

/// The file of a keyring in the data folder, its owner's alone, and the keys in it. May be used from any thread.
package final class KeyringFile<Keys: Sendable>: Sendable {
    private let file: SecretFile
    private let remarks: String
    private let firstKey: @Sendable () -> String
    private let loss: String
    private let read: @Sendable (String) throws(MalformedKeyring) -> Keys
    private let loaded = NIOLockedValueBox<Keys?>(nil)

    package var path: String { file.path }

    /// Touches no file.
    ///
    /// - Parameters:
    ///   - file: where the keys are.
    ///   - remarks: what stands above the key in a new file: lines that begin with `#`.
    ///   - firstKey: the line of a new file.
    ///   - loss: what ends with the keys, for messages: `every token that was sold`.
    ///   - read: the keys in a text.
    package init(
        _ file: SecretFile,
        remarks: String,
        firstKey: @escaping @Sendable () -> String = { "1 \(Bytes32.random().hex)" },
        loss: String,
        read: @escaping @Sendable (String) throws(MalformedKeyring) -> Keys
    ) {
        self.file = file
        self.remarks = remarks
        self.firstKey = firstKey
        self.loss = loss
        self.read = read
    }

    /// The keys, and never new ones; `nil` when there is no file.
    package func existing() throws(StartFailure) -> Keys? {
        guard let text = try file.read() else { return nil }
        return try keys(in: text)
    }

    /// The keys as the file has them now; a new file with one random key when there is none yet.
    ///
    /// Of any number of processes that start together, one makes the file and all read it.
    package func load() throws(StartFailure) -> Keys {
        try keys(in: try file.load(orCreate: "\(remarks)\n\(firstKey())\n"))
    }

    /// The keys, read or made on first use, which blocks for a small file; `sluice run` asks before it listens.
    package func keys() throws(StartFailure) -> Keys {
        let result: Result<Keys, StartFailure> = loaded.withLockedValue { loaded in
            if let loaded { return .success(loaded) }
            do throws(StartFailure) {
                let keys = try load()
                loaded = keys
                return .success(keys)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func keys(in text: String) throws(StartFailure) -> Keys {
        do {
            return try read(text)
        } catch {
            throw StartFailure(
                "the keyring \(path) is damaged: \(error); put back a copy of it, or move it away to begin with a new"
                    + " key, which ends \(loss)"
            )
        }
    }
}
