import GatewayKit
import GatewayTesting
import L402
import NIOCore
import Testing

struct ChallengeTests {
    @Test func `it is an LSAT line and an L402 line with the same macaroon and invoice`() throws {
        let lines = try Shop().challenge().lines
        let macaroon = try #require(lines.first?.split(separator: "\"").dropFirst().first)
        #expect(
            lines == [
                "LSAT macaroon=\"\(macaroon)\", invoice=\"lnbcrt100n1shop\"",
                "L402 macaroon=\"\(macaroon)\", invoice=\"lnbcrt100n1shop\", version=\"0\", token=\"\(macaroon)\"",
            ]
        )
    }

    @Test func `the expression that Aperture's clients search with finds both lines`() throws {
        let expression = try Regex(
            "(LSAT|L402) macaroon=\"(.*?)\", invoice=\"(.*?)\"",
            as: (Substring, Substring, Substring, Substring).self
        )
        for (line, scheme) in zip(try Shop().challenge().lines, ["LSAT", "L402"]) {
            let found = try #require(line.firstMatch(of: expression)).output
            #expect(found.1 == scheme)
            #expect(try Macaroon(base64: found.2).location == Array("lsat".utf8))
            #expect(found.3 == "lnbcrt100n1shop")
        }
    }

    @Test func `the macaroon is for the payment of the invoice and for the service alone`() throws {
        let macaroon = try #require(Shop(service: "quotes").token().macaroon)
        let identifier = try #require(L402Identifier(macaroon.identifier))
        #expect(identifier.payment == Shop.payment)
        #expect(identifier.generation == 1)
        #expect(macaroon.texts == ["services=quotes:0"])
    }

    @Test func `all that is configured is minted, in a fixed order`() throws {
        let shop = try Shop([
            "valid-for": "1h", "capabilities": ["read", "write"], "tier": "3",
            "constraints": ["path": "/v1/*", "a": "b=c"],
        ])
        #expect(
            try shop.token().macaroon?.texts == [
                "services=quotes:3", "quotes_capabilities=read,write", "a=b=c", "path=/v1/*",
                "quotes_valid_until=\(shop.time.now.seconds + 3_600)",
            ]
        )
    }

    @Test func `time counts from the moment of the offer`() throws {
        let shop = try Shop(["valid-for": "60s"])
        let start = shop.time.now.seconds
        shop.time.advance(by: .seconds(100))
        #expect(try shop.token().macaroon?.texts.last == "quotes_valid_until=\(start + 160)")
    }

    @Test func `an empty list of capabilities is minted as none`() throws {
        let shop = try Shop(["capabilities": [String]()])
        #expect(try shop.token().macaroon?.texts.last == "quotes_capabilities=")
    }

    @Test func `two offers for one payment are one token`() throws {
        let shop = try Shop()
        #expect(try shop.token() == shop.token())
    }

    @Test func `an invoice that comes later makes the same offer`() throws {
        let shop = try Shop()
        let exchange = shop.exchange()
        let promise = exchange.eventLoop.makePromise(of: Invoice.self)
        let quote = Quote(amount: Shop.amount, expiresIn: .seconds(60)) { _ in .later(promise.futureResult) }
        let challenge = try shop.scheme.challenge(for: quote, in: exchange)
        promise.succeed(
            Invoice(bolt11: "lnbc1", paymentHash: Shop.payment, amount: Shop.amount, expiresAt: shop.time.now)
        )
        let lines = try challenge.future(on: exchange.eventLoop).wait().lines
        #expect(lines.count == 2)
        #expect(lines[0].hasSuffix("invoice=\"lnbc1\""))
    }

    @Test func `without a keyring there is no offer`() throws {
        let services = Services.example(dataFolder: "/dev/null/keys", route: "quotes")
        let scheme = try #require(ExampleSettings().make { L402Scheme(from: &$0, services) })
        let quote = Quote(amount: Shop.amount, expiresIn: .seconds(60)) { _ in
            .now(
                Invoice(
                    bolt11: "lnbc1",
                    paymentHash: Shop.payment,
                    amount: Shop.amount,
                    expiresAt: WallTime(seconds: 0)
                )
            )
        }
        #expect(throws: StartFailure.self) { try scheme.challenge(for: quote, in: .example()) }
    }
}

extension Macaroon {
    /// The caveats as text.
    var texts: [String] {
        caveats.map { String(decoding: $0.identifier, as: UTF8.self) }
    }
}
