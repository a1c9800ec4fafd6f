import GatewayKit
import GatewayTesting
import L402
import Testing

struct ConcealmentTests {
    private let shop: Shop
    private let token: L402Token
    private var words: String { "\(token.token):\(token.preimage.bytes.hex)" }

    init() throws {
        shop = try Shop()
        token = try shop.token()
    }

    /// Which of these fields are kept from the upstream of a route that asks for nothing.
    private func removed(_ fields: [(String, String)]) -> [Bool] {
        let exchange = shop.exchange(fields)
        L402Scheme.conceal(in: exchange)
        #expect(!exchange.edits.isRemoved(line: 0))
        return fields.indices.map { exchange.edits.isRemoved(line: $0 + 1) }
    }

    @Test(arguments: ["L402", "LSAT", "l402", "lsat", "LsAt"])
    func `a credential is concealed in any case of its name`(name: String) {
        #expect(removed([("Authorization", "\(name) \(words)"), ("X-Kept", "L402 \(words)")]) == [true, false])
    }

    @Test(arguments: ["L402", "LSAT x", "L402 *:x", "L402:x", "Bearer x, L402 y", "L402 token=\"x\""])
    func `what only begins like a credential is concealed as well`(value: String) {
        #expect(removed([("Authorization", value)]) == [true])
    }

    @Test(arguments: ["Bearer L402", "Basic YTpi", "Payment id=\"x, L402 y\"", "", "L4020 a:b", "Negotiate L402=="])
    func `another scheme's line is left alone`(value: String) {
        #expect(removed([("Authorization", value)]) == [false])
    }

    @Test(arguments: ["Macaroon", "Grpc-Metadata-Macaroon", "grpc-metadata-macaroon"])
    func `the fields of lnd's clients are concealed`(name: String) throws {
        let bare = Hex.encoded(try #require(token.macaroon).encoded)
        let values = [try #require(token.metadata), bare, "not a macaroon", ""]
        #expect(removed(values.map { (name, $0) }) == [true, true, true, true])
    }

    @Test func `a macaroon of the upstream's own is left alone`() {
        let own = Macaroon(location: "lnd", identifier: [3, 10, 16], rootKey: [1])
        #expect(removed([("Macaroon", Hex.encoded(own.encoded))]) == [false])
    }

    @Test func `every line is looked at, wherever it stands`() throws {
        let metadata = try #require(token.metadata)
        #expect(
            removed([
                ("Macaroon", metadata), ("Authorization", "Bearer x"), ("Authorization", "L402 \(words)"),
                ("Accept", "*/*"), ("Authorization", "LSAT \(words)"), ("Grpc-Metadata-Macaroon", metadata),
            ]) == [true, false, true, false, true, true]
        )
    }
}
