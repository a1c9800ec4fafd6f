import GatewayKit
import Lightning
import Testing

extension NostrKey {
    /// The key of a small number, not zero.
    static func example(_ number: UInt8) -> NostrKey {
        guard let key = Bytes32([UInt8](repeating: 0, count: 31) + [number]).flatMap(NostrKey.init) else {
            preconditionFailure("libsecp256k1 cannot be used")
        }
        return key
    }

    static func example(hex: String) throws -> NostrKey {
        let secret = try #require(Bytes32(hex: hex))
        return try #require(NostrKey(secret))
    }
}
