internal import Crypto
internal import GatewayKit

extension Bytes32 {
    /// What a hash has come to.
    init(finishing hash: SHA256) {
        self = .zero
        withUnsafeMutableBytes { target in
            hash.finalize().withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }

    /// SHA-256 of these bytes.
    var sha256: Bytes32 {
        var hash = SHA256()
        withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Bytes32(finishing: hash)
    }
}
