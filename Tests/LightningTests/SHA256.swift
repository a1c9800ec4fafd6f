import Crypto
import GatewayKit

func sha256(_ bytes: Bytes32) -> Bytes32? {
    Bytes32(SHA256.hash(data: bytes.array))
}
