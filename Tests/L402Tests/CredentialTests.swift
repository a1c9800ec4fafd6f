import GatewayKit
import GatewayTesting
import L402
import Testing

struct CredentialTests {
    private let shop: Shop
    private let token: L402Token
    /// `macaroon:preimage`.
    private let words: String

    init() throws {
        shop = try Shop(["valid-for": "1h"])
        token = try shop.token()
        words = "\(token.token):\(token.preimage.bytes.hex)"
    }

    @Test func `a token comes back as the credential that was sold`() throws {
        let credential = try #require(try shop.credential(("Authorization", token.authorization)))
        let identifier = try #require(token.macaroon.flatMap { L402Identifier($0.identifier) })
        #expect(credential.scheme == "l402")
        #expect(credential.payment == Shop.payment)
        #expect(credential.id.bytes == identifier.tokenID)
        #expect(
            credential.caveats.map(\.description) == [
                "services=quotes:0", "quotes_valid_until=\(shop.time.now.seconds + 3_600)",
            ]
        )
    }

    @Test(arguments: ["L402 ", "LSAT ", "l402 ", "lsat ", "LsAt ", "L402   ", "L402\t", "Bearer x, L402 ", ", L402 "])
    func `every way to begin is read`(beginning: String) throws {
        #expect(try shop.credential(("Authorization", beginning + words)) != nil)
    }

    @Test(arguments: [", Bearer x", " , Basic YTpi", ","])
    func `what follows behind a comma is another's`(end: String) throws {
        #expect(try shop.credential(("authorization", "L402 " + words + end)) != nil)
    }

    @Test func `base64 without padding, in the URL-safe alphabet, and upper-case digits are read`() throws {
        let urlSafe = token.token.replacing("+", with: "-").replacing("/", with: "_").filter { $0 != "=" }
        let value = "L402 \(urlSafe):\(token.preimage.bytes.hex.uppercased())"
        #expect(try shop.credential(("Authorization", value)) != nil)
    }

    @Test(arguments: [["L402", "LSAT"], ["LSAT", "L402"], ["L402", "L402"]])
    func `both names on two lines count as one credential in any order`(names: [String]) throws {
        let exchange = shop.exchange(names.map { ("Authorization", "\($0) \(words)") })
        #expect(try shop.credential(in: exchange) != nil)
        #expect(exchange.edits.isRemoved(line: 1))
        #expect(exchange.edits.isRemoved(line: 2))
    }

    @Test(arguments: [false, true])
    func `two credentials that differ are refused in any order`(isReversed: Bool) throws {
        let other = try shop.token(paidWith: Shop.otherPreimage)
        var fields = [("Authorization", "LSAT \(words)"), ("Authorization", other.authorization)]
        if isReversed { fields.reverse() }
        #expect(try shop.rejection(fields[0], fields[1]) == .malformed)
    }

    @Test(arguments: [false, true])
    func `another scheme's line beside ours changes nothing and goes on to the upstream`(isReversed: Bool) throws {
        var fields = [("Authorization", "Bearer x"), ("Authorization", "L402 \(words)")]
        if isReversed { fields.reverse() }
        let exchange = shop.exchange(fields)
        #expect(try shop.credential(in: exchange) != nil)
        #expect(exchange.edits.isRemoved(line: isReversed ? 1 : 2))
        #expect(!exchange.edits.isRemoved(line: isReversed ? 2 : 1))
    }

    @Test func `a line that holds ours among others does not reach the upstream`() throws {
        let exchange = shop.exchange([("Authorization", "Bearer x, L402 \(words)")])
        #expect(try shop.credential(in: exchange) != nil)
        #expect(exchange.edits.isRemoved(line: 1))
    }

    @Test(arguments: [
        "Bearer abc", "Basic YTpi", "Payment id=\"x, L402 y\", method=\"lightning\"", "", "L4020 a:b", "XL402 a:b",
        "Digest realm=\"LSAT\", uri=\"/l402 x\"",
    ])
    func `another scheme's credential is not ours`(value: String) throws {
        let exchange = shop.exchange([("Authorization", value)])
        #expect(try shop.credential(in: exchange) == nil)
        #expect(!exchange.edits.isRemoved(line: 1))
    }

    @Test func `no credential is no credential`() throws {
        #expect(try shop.credential() == nil)
    }

    @Test(arguments: ["Grpc-Metadata-Macaroon", "Macaroon", "macaroon"])
    func `a macaroon that carries its preimage is read from the fields of lnd's clients`(name: String) throws {
        let exchange = shop.exchange([(name, try #require(token.metadata))])
        let credential = try #require(try shop.credential(in: exchange))
        #expect(credential.caveats.map(\.condition) == ["services", "quotes_valid_until"])
        #expect(exchange.edits.isRemoved(line: 1))
    }

    @Test func `upper-case digits are read there too`() throws {
        #expect(try shop.credential(("Macaroon", #require(token.metadata).uppercased())) != nil)
    }

    @Test func `of several preimages in a macaroon the last one counts`() throws {
        var macaroon = try #require(token.macaroon)
        macaroon.add("preimage=\(String(repeating: "0", count: 64))")
        macaroon.add("preimage=\(token.preimage.bytes.hex)")
        #expect(try shop.credential(("Macaroon", Hex.encoded(macaroon.encoded))) != nil)
        macaroon.add("preimage=\(String(repeating: "0", count: 64))")
        #expect(try shop.rejection(("Macaroon", Hex.encoded(macaroon.encoded))) == .preimage)
    }

    @Test func `a macaroon that carries its preimage is read from Authorization too`() throws {
        var macaroon = try #require(token.macaroon)
        macaroon.add("preimage=\(token.preimage.bytes.hex)")
        let value = L402Token(macaroon: macaroon, preimage: token.preimage).authorization
        let credential = try #require(try shop.credential(("Authorization", value)))
        #expect(credential.caveats.count == 2)
        macaroon.add("preimage=\(String(repeating: "0", count: 64))")
        let contradiction = L402Token(macaroon: macaroon, preimage: token.preimage).authorization
        #expect(try shop.rejection(("Authorization", contradiction)) == .malformed)
    }

    @Test func `a macaroon of the upstream's own is left to it`() throws {
        var macaroon = Macaroon(location: "lnd", identifier: [3, 10, 16], rootKey: [1])
        macaroon.add("ipaddr 10.0.0.1")
        let exchange = shop.exchange([("Grpc-Metadata-Macaroon", Hex.encoded(macaroon.encoded))])
        #expect(try shop.credential(in: exchange) == nil)
        #expect(!exchange.edits.isRemoved(line: 1))
    }

    @Test func `Authorization comes first, and no copy elsewhere reaches the upstream`() throws {
        let own = Macaroon(location: "lnd", identifier: [3], rootKey: [1])
        let exchange = shop.exchange([
            ("Macaroon", try #require(shop.token().metadata)), ("Grpc-Metadata-Macaroon", Hex.encoded(own.encoded)),
            ("Authorization", "L402 \(words)"),
        ])
        let credential = try shop.credential(in: exchange)
        #expect(credential?.id.bytes == token.macaroon.flatMap { L402Identifier($0.identifier) }?.tokenID)
        #expect(exchange.edits.isRemoved(line: 1))
        #expect(!exchange.edits.isRemoved(line: 2))
        #expect(exchange.edits.isRemoved(line: 3))
    }

    @Test func `the fields of lnd's clients are read beside another scheme's Authorization`() throws {
        let metadata = try #require(token.metadata)
        #expect(try shop.credential(("Authorization", "Bearer x"), ("Macaroon", metadata)) != nil)
    }

    @Test func `a token that its holder restricted carries the restriction`() throws {
        let narrow = try #require(token.attenuated(with: [Caveat(condition: "path", value: "/v1/a")]))
        let credential = try #require(try shop.credential(("Authorization", narrow.authorization)))
        #expect(credential.caveats.last == Caveat(condition: "path", value: "/v1/a"))
        #expect(try credential.id == shop.credential(("Authorization", token.authorization))?.id)
    }

    @Test func `a version 1 macaroon is read`() throws {
        let macaroon = try #require(token.macaroon)
        func packet(_ key: String, _ content: [UInt8]) -> [UInt8] {
            let length = 4 + key.utf8.count + 1 + content.count + 1
            let digits = String(length, radix: 16)
            return Array((String(repeating: "0", count: 4 - digits.count) + digits + key + " ").utf8) + content + [0x0A]
        }
        var bytes = packet("location", Array("lsat".utf8)) + packet("identifier", macaroon.identifier)
        for caveat in macaroon.caveats {
            bytes += packet("cid", caveat.identifier)
        }
        bytes += packet("signature", macaroon.signature.array)
        let value = "L402 \(Base64.standard.encoded(bytes)):\(token.preimage.bytes.hex)"
        #expect(try shop.credential(("Authorization", value)) != nil)
    }

    @Test func `a second use is from memory`() throws {
        let first = try shop.credential(("Authorization", "L402 \(words)"))
        #expect(try first != nil && shop.credential(("Authorization", "LSAT \(words)")) === first)
        let metadata = try #require(token.metadata)
        let other = try shop.credential(("Macaroon", metadata))
        #expect(try other != nil && shop.credential(("Grpc-Metadata-Macaroon", metadata)) === other)
    }

    @Test func `routes with one keyring share what they verified`() throws {
        let neighbour = try Shop(service: "other", folder: shop.folder)
        let first = try shop.credential(("Authorization", "L402 \(words)"))
        #expect(try first != nil && neighbour.credential(("Authorization", "L402 \(words)")) === first)
    }
}
