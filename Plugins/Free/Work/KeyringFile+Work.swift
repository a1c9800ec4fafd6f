internal import Crypto
internal import GatewayKit

extension KeyringFile<SymmetricKey> {
    /// The file that holds the key of challenges. Whoever reads it can skip the work.
    convenience init(dataFolder: String) {
        self.init(
            SecretFile(
                dataFolder: dataFolder,
                name: "pow.keyring",
                dependents: "proofs of work",
                power: "skip the work"
            ),
            remarks: "# Signs the proof-of-work challenges of this gateway: 64 hexadecimal digits. Keep it secret.",
            firstKey: { Bytes32.random().hex },
            loss: "the challenges that are not solved yet"
        ) { text throws(MalformedKeyring) in
            let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
            guard lines.count == 1, let key = lines.first.flatMap({ Bytes32(hex: $0) }) else {
                throw MalformedKeyring("it should hold one line of 64 hexadecimal digits")
            }
            return SymmetricKey(data: key.array)
        }
    }
}
