import Foundation
import GatewayKit
import GatewayTesting
import L402
import Lightning
import MPP
import NIOHTTP1
import Testing

/// Where the node is to say that a payment has arrived.
@Suite struct `A payment that the node must confirm` {
    private static let routes = """
          - name: token
            match: { path: /token }
            pipeline:
              - auth: { use: l402, valid-for: 1h, verify: node }
              - caveats: [service, expires]
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: charge
            match: { path: /charge }
            pipeline:
              - auth: { use: mpp, verify: node }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: both
            match: { path: /both }
            pipeline:
              - auth: [{ use: l402, valid-for: 1h, verify: node }, mpp]
              - caveats: [service, expires]
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
        """

    enum Door: String, CaseIterable {
        case token = "/token"
        case charge = "/charge"
        case both = "/both"
    }

    /// An offer, its invoice, and the value of `Authorization` of somebody who knows its preimage without having paid.
    private struct Offer {
        let invoice: String
        let authorization: String
        let payment: PaymentHash
    }

    private static func offer(_ door: Door, _ gateway: TestGateway) async throws -> Offer {
        let answer = try await gateway.request(door.rawValue)
        if door == .charge {
            let challenge = try #require(answer.payments.first)
            let request = try challenge.requestObject()
            let invoice = try #require(request["methodDetails"]?["invoice"]?.text)
            let preimage = try await gateway.preimage(of: invoice)
            return Offer(
                invoice: invoice,
                authorization: challenge.paid(with: preimage).authorization,
                payment: payment(of: preimage)
            )
        }
        let challenge = try #require(answer.challenge)
        let preimage = try await gateway.preimage(of: challenge.invoice)
        return Offer(
            invoice: challenge.invoice,
            authorization: challenge.paid(with: preimage).authorization,
            payment: payment(of: preimage)
        )
    }

    private static func payment(of preimage: Preimage) -> PaymentHash {
        PaymentHash(preimage.bytes.withUnsafeBytes { Bytes32.sha256(of: $0) })
    }

    private static func present(_ offer: Offer, _ door: Door, _ gateway: TestGateway) async throws -> TestGateway.Answer
    {
        try await gateway.request(door.rawValue, [("Authorization", offer.authorization)])
    }

    private static func behave(_ behaviour: String, _ gateway: TestGateway) async throws {
        _ = try await gateway.request("/dev/behaviour", method: .POST, body: behaviour, at: gateway.node)
    }

    /// All doors at once: at each, the node is asked for three seconds before it is believed that nothing has arrived.
    private static func atEachDoor(
        _ body: @escaping @Sendable (Door, TestGateway) async throws -> Void
    ) async throws {
        try await TestGateway.with(routes: routes) { gateway in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for door in Door.allCases {
                    group.addTask { try await body(door, gateway) }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `opens nothing before it has arrived, and then what it was paid for`() async throws {
        try await Self.atEachDoor { door, gateway in
            let offer = try await Self.offer(door, gateway)
            let early = try await Self.present(offer, door, gateway)
            #expect(early.status == 402, "\(door)")
            #expect(early.body.contains("has not arrived yet"), "\(door)")
            #expect(!early.headers["www-authenticate"].isEmpty, "\(door)")
            _ = try await gateway.pay(offer.invoice)
            expectStatus(200, try await Self.present(offer, door, gateway))
        }
    }

    @Test func `opens nothing while it is under way`() async throws {
        try await Self.atEachDoor { door, gateway in
            let offer = try await Self.offer(door, gateway)
            try await Self.behave(#"{"mode":"never-settling","delay_ms":60000}"#, gateway)
            let paying = Task { try await gateway.pay(offer.invoice) }
            let early = try await Self.present(offer, door, gateway)
            paying.cancel()
            #expect(early.status == 402, "\(door)")
            // Nothing was taken: whoever asks the store for it gets it.
            let isFree = try await gateway.store.claim(offer.payment)
            #expect(isFree, "\(door)")
        }
    }

    @Test(arguments: Door.allCases)
    func `is not taken while the node is down, and counts once it is up`(door: Door) async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let offer = try await Self.offer(door, gateway)
            try await Self.behave(#"{"mode":"down"}"#, gateway)
            let down = try await Self.present(offer, door, gateway)
            #expect(down.status == 503)
            #expect(down.headers["retry-after"] == ["5"])
            #expect(down.headers["www-authenticate"].isEmpty)
            try await Self.behave(#"{"mode":"normal"}"#, gateway)
            _ = try await gateway.pay(offer.invoice)
            expectStatus(200, try await Self.present(offer, door, gateway))
        }
    }

    @Test func `need be confirmed once: a token goes on while the node is down`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let token = try await gateway.buy("/token")
            expectStatus(200, try await gateway.request("/token", [("Authorization", token.authorization)]))
            try await Self.behave(#"{"mode":"down"}"#, gateway)
            expectStatus(200, try await gateway.request("/token", [("Authorization", token.authorization)]))
        }
    }
}
