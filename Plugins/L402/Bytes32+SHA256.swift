internal import Crypto
package import GatewayKit

extension Bytes32 {
    init(_ digest: SHA256.Digest) {
        self = .zero
        withUnsafeMutableBytes { bytes in
            digest.withUnsafeBytes { bytes.copyMemory(from: $0) }
        }
    }

    package static func sha256(of bytes: UnsafeRawBufferPointer) -> Bytes32 {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return Bytes32(hash.finalize())
    }
}
