import Testing
import GatewayKit
import GatewayTesting
import L402
import NIOCore

/// A route that sells with L402, for tests: one service, one clock, one keyring.
struct Shop {
    let folder: TemporaryFolder
    let time = ManualTime()
    let services: Services
    let scheme: L402Scheme
    let route: Route

    /// 32 bytes of 0x11, which pay every invoice of the shop.
    static let preimage = Preimage(Bytes32(repeatElement(0x11, count: 32)) ?? .zero)

    static let payment = payment(of: preimage)

    static func payment(of preimage: Preimage) -> PaymentHash {
        PaymentHash(preimage.bytes.withUnsafeBytes { Bytes32.sha256(of: $0) })
    }

    /// 32 bytes of 0x22: somebody else's.
    static let otherPreimage = Preimage(Bytes32(repeatElement(0x22, count: 32)) ?? .zero)

    static let amount = Amount(millisatoshis: 10_000)

    init(_ settings: Any? = nil, service: String = "quotes", folder: TemporaryFolder = TemporaryFolder()) throws {
        self.folder = folder
        let services = Services.example(time: time.source, dataFolder: folder.path, route: service)
        self.services = services
        scheme = try #require(
            ExampleSettings(settings).make(word: "l402") { L402Scheme(from: &$0, services) }
        )
        route = Route(name: service, stages: [])
    }

    func exchange(_ fields: [(String, String)] = []) -> Exchange {
        Exchange.example(.example(fields: fields), route: route)
    }

    /// The challenge for an invoice of a payment.
    func challenge(for payment: PaymentHash = payment) throws -> Challenge {
        let invoice = Invoice(
            bolt11: "lnbcrt100n1shop",
            paymentHash: payment,
            amount: Self.amount,
            expiresAt: time.now.advanced(by: .seconds(600))
        )
        let quote = Quote(amount: Self.amount, expiresIn: .seconds(600)) { _ in .now(invoice) }
        return try #require(try scheme.challenge(for: quote, in: exchange()).immediate)
    }

    /// A token as a client that has paid holds it.
    func token(paidWith preimage: Preimage = preimage) throws -> L402Token {
        let challenge = try #require(
            L402Challenge.challenges(in: challenge(for: Self.payment(of: preimage)).lines).first
        )
        return challenge.paid(with: preimage)
    }

    func credential(_ fields: (String, String)...) throws -> Credential? {
        try credential(in: exchange(fields))
    }

    /// As on a route: what is concealed does not depend on what is found.
    func credential(in exchange: Exchange) throws -> Credential? {
        L402Scheme.conceal(in: exchange)
        return try #require(try scheme.credential(in: exchange).immediate)
    }

    /// Why these fields are rejected; `nil` when they are not.
    func rejection(_ fields: (String, String)...) throws -> Rejection.Reason? {
        do {
            _ = try credential(in: exchange(fields))
            return nil
        } catch let rejection as Rejection {
            return rejection.reason
        }
    }
}
