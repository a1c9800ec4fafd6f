import GatewayPolicy
import LightningTesting

/// Every file is there, and holds what its name says.
struct AnyFile: PolicyFiles {
    private static let connection =
        "nostr+walletconnect://79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        + "?relay=wss%3A%2F%2Frelay.example.com&secret=" + String(repeating: "0", count: 63) + "2"

    func contents(of path: String) throws -> [UInt8] {
        let text =
            switch path {
            case _ where path.hasSuffix(".cert") || path.hasSuffix("ca.pem"): LndIdentity.node.certificate
            case _ where path.hasSuffix("nwc.txt"): Self.connection
            default: "content"
            }
        return Array(text.utf8)
    }

    func names(in path: String) -> [String]? { nil }
}
