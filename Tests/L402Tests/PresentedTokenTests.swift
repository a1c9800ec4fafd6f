import GatewayKit
import L402
import Testing

struct PresentedTokenTests {
    @Test(.enabled(if: SharedVectors.areExpected))
    func `every form of the oracle's tokens is read as the same token`() throws {
        for entry in try MacaroonVectors.oracle() {
            let whole = try PresentedToken(parsing: entry.authorization)
            let macaroon = try PresentedToken(parsing: entry.v2Base64Std)
            let hex = try PresentedToken(parsing: entry.v2BinaryHex)
            let bare = try PresentedToken(parsing: " \(entry.v2Base64Std):\(entry.preimageHex)\n")
            #expect(whole == bare, "\(entry.name)")
            #expect(macaroon == hex, "\(entry.name)")
            #expect(whole.macaroon == hex.macaroon, "\(entry.name)")
            #expect(whole.identifier?.payment.bytes.hex == entry.paymentHashHex, "\(entry.name)")
            #expect(whole.identifier?.tokenID.hex == entry.tokenIdHex, "\(entry.name)")
            #expect(whole.proof == .right, "\(entry.name)")
            #expect(whole.restrictions.map(\.description) == entry.caveats.filter { !$0.hasPrefix("preimage=") })
        }
    }

    @Test func `a preimage may be missing, wrong, or a caveat`() throws {
        let shop = try Shop()
        let token = try shop.token()
        let macaroon = try #require(token.macaroon)
        #expect(PresentedToken(macaroon).proof == .missing)
        #expect(PresentedToken(macaroon, preimage: Preimage(.zero)).proof == .wrong)
        let metadata = try #require(token.metadata)
        let carried = try PresentedToken(parsing: metadata)
        #expect(carried.proof == .right)
        #expect(carried.restrictions.map(\.description) == ["services=quotes:0"])
        #expect(PresentedToken(carried.macaroon, preimage: Preimage(.zero)).proof == .wrong)
    }

    @Test(arguments: [
        "", "L402", "L402 a b", "AgEE:00", "zz", "Bearer AgEE", "AgEE:\(String(repeating: "0", count: 63))",
    ])
    func `what is no token is told as such`(text: String) {
        #expect(throws: MalformedMacaroon.self) { _ = try PresentedToken(parsing: text) }
    }

    @Test func `a keyring tells its own tokens from others`() throws {
        let keyring = try #require(Keyring([7: Bytes32.random()]))
        let other = try #require(Keyring([7: Bytes32.random()]))
        let newer = try #require(Keyring([8: Bytes32.random()]))
        var token = PresentedToken(try #require(keyring.macaroon(for: Shop.payment, caveats: ["services=quotes:0"])))
        try token.add(["path=/v1/*"])
        #expect(keyring.signature(of: token.macaroon) == .right)
        #expect(other.signature(of: token.macaroon) == .wrong)
        #expect(newer.signature(of: token.macaroon) == .unknownKey)
    }

    @Test func `there is an end to adding caveats`() throws {
        let keyring = try #require(Keyring([1: Bytes32.random()]))
        var token = PresentedToken(try #require(keyring.macaroon(for: Shop.payment, caveats: [])))
        try token.add((1...64).map { "n=\($0)" })
        #expect(throws: PresentedToken.TooManyCaveats.self) { try token.add(["n=65"]) }
    }

    @Test func `a grant signs its caveats in the order of a sale`() throws {
        let grant = try L402Grant(
            services: ["quotes", "news:2"],
            capabilities: ["read"],
            end: WallTime(seconds: 1_700_000_000),
            further: ["path=/v1/*"]
        )
        #expect(
            grant.caveats == [
                "services=quotes:0,news:2", "quotes_capabilities=read", "news_capabilities=read", "path=/v1/*",
                "quotes_valid_until=1700000000", "news_valid_until=1700000000",
            ]
        )
    }

    @Test(
        arguments: [
            (["a,b"], [], []), (["a:256"], [], []), (["a:1:2"], [], []), ([""], [], []), (["a"], ["x y"], []),
            (["a"], [], ["path"]), (["a"], [], ["=x"]), (["a"], [], ["a=\n"]), (["a"], [], ["preimage=00"]),
            ([], ["read"], []),
        ] as [([String], [String], [String])]
    )
    func `a grant that would open nothing is refused`(services: [String], capabilities: [String], further: [String]) {
        #expect(throws: L402Grant.Malformed.self) {
            _ = try L402Grant(services: services, capabilities: capabilities, further: further)
        }
    }
}
