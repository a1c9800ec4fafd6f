import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import MPP
import NIOCore
import Testing

/// What a session is offered for, without a server around it.
struct SessionOfferTests {
    private let time = ManualTime()
    private let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"

    /// The offer, and the amounts for which invoices were made. A node that has to be asked makes this one.
    private func offer(
        _ settings: [String: Any],
        for price: Amount,
        invoice bolt11: String = "lnbcrt1example",
        _ payment: PaymentHash = PaymentHash(.zero),
        paying factor: UInt64 = 1_000,
        by node: any LightningBackend = RefusingLightning()
    ) throws -> (challenges: [PaymentChallenge], amounts: [Amount]) {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let example = ExampleSettings(settings.merging(["insecure": "true"]) { first, _ in first })
        let services = Services.example(time: time.source, lightning: node, dataFolder: folder)
        let scheme = try #require(example.make(word: "mpp") { MPPScheme(from: &$0, services) })
        #expect(example.messages == [])
        var amounts = [Amount]()
        let quote = Quote(amount: price, expiresIn: .seconds(600)) { amount in
            amounts.append(amount)
            let invoice = Invoice(
                bolt11: bolt11,
                paymentHash: payment,
                amount: Amount(millisatoshis: amount.millisatoshis / 1_000 * factor),
                expiresAt: time.now.advanced(by: .seconds(600))
            )
            return .now(invoice)
        }
        let challenge = try scheme.challenge(for: quote, in: .example()).immediate
        return (try #require(challenge).lines.map { try ChallengeLine.challenge($0) }, amounts)
    }

    private func sats(_ count: UInt64) -> Amount { Amount(millisatoshis: count * 1_000) }

    @Test(.enabled(if: SharedVectors.areExpected)) func `the request is that of the golden session, byte for byte`()
        throws
    {
        let golden = try JSONReader.value(of: try SharedVectors.bytes("mpp-golden/lightning-exchange.json"))["session"]
        let challenge = try #require(golden?["challenge"])
        let id = try #require(golden?["session_id"]?.text.flatMap { Bytes32(hex: $0) })
        let made = try offer(
            ["intents": "session", "deposit": "400 sat"],
            for: sats(20),
            invoice: try #require(challenge["request"]?["depositInvoice"]?.text),
            PaymentHash(id)
        )
        #expect(made.challenges.map(\.intent) == ["session"])
        #expect(made.challenges.first?.request == challenge["request_jcs"]?.text.map { Base64.url.encoded($0) })
    }

    @Test(
        arguments: [
            (nil, 10, 200), ("50 sat", 10, 50), ("50 sat", 50, 50), ("50 sat", 51, 51),
            (nil, 2_100_000_000_000_000, 2_100_000_000_000_000),
        ] as [(String?, UInt64, UInt64)]
    )
    func `a deposit is twenty times the price, or what the policy says, and never less than the price`(
        setting: String?,
        price: UInt64,
        deposit: UInt64
    ) throws {
        let settings: [String: Any] = setting.map { ["intents": "session", "deposit": $0] } ?? ["intents": "session"]
        #expect(try offer(settings, for: sats(price)).amounts == [sats(deposit)])
    }

    @Test func `no session is offered by a node that pays nothing back`() throws {
        let node = HoldingNode(time: time)
        let alone = try offer(["intents": "session"], for: sats(10), by: node)
        #expect(alone.challenges.isEmpty)
        #expect(alone.amounts.isEmpty)
        let both = try offer(["intents": ["charge", "session"]], for: sats(10), by: node)
        #expect(both.challenges.map(\.intent) == ["charge"])
    }

    @Test func `what is credited is what the invoice asks for, without its fraction of a satoshi`() throws {
        let made = try offer(["intents": "session"], for: sats(10), paying: 1_004)
        let request = try #require(try made.challenges.first?.requestObject())
        #expect(request["depositAmount"]?.text == "200")
        #expect(request["amount"]?.text == "10")
    }

    @Test func `an invoice for less than a unit is not offered`() {
        #expect(throws: LightningFailure.self) {
            _ = try offer(["intents": "session", "deposit": "10 sat"], for: sats(10), paying: 900)
        }
    }

    @Test func `only charges are offered where the policy does not say`() throws {
        let made = try offer([:], for: sats(10))
        #expect(made.challenges.map(\.intent) == ["charge"])
        #expect(made.amounts == [sats(10)])
    }

    @Test func `both are offered in the order of the policy, each with an invoice of its own`() throws {
        let made = try offer(["intents": ["session", "charge"]], for: sats(10))
        #expect(made.challenges.map(\.intent) == ["session", "charge"])
        #expect(made.amounts == [sats(200), sats(10)])
    }

    @Test(arguments: [("event", "event"), ("request", "request")] as [(String, String)])
    func `the unit is told`(meter: String, unit: String) throws {
        let made = try offer(["intents": "session", "meter": meter, "session-idle": "1h"], for: sats(10))
        let request = try #require(try made.challenges.first?.requestObject())
        #expect(request["unitType"]?.text == unit)
        #expect(request["idleTimeout"]?.text == "3600")
    }
}
