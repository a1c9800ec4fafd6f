import Foundation
import GatewayKit
import L402
import Lightning
import NIOHTTP1
import Testing
import sluice

/// What a gateway tells about itself before anybody asks for something.
struct DiscoveryTests {
    private static let documents = ["/openapi.json", "/llms.txt", "/.well-known/l402.json"]

    private static let routes = """
          - name: quotes
            match: { path: /quotes/*, method: GET }
            pipeline: [ use: paid ]
          - name: tiny
            match: { path: "/tiny/{id}" }
            pipeline:
              - auth: { use: l402, valid-for: 1h }
              - caveats: [service, expires]
              - rate-limit: { limit: 1000/s }
              - price: 1500 msat
              - forward: echo
          - name: elsewhere
            match: { host: shop.example.com, path: /elsewhere }
            pipeline: [ use: paid ]
          - name: secret
            match: { path: /secret }
            pipeline:
              - rate-limit: { limit: 1000/s, per: address }
              - forward: echo
        """

    private struct OpenAPI: Decodable {
        struct Operation: Decodable {
            struct Payment: Decodable {
                struct Offer: Decodable {
                    let amount: String?
                    let currency: String
                    let intent: String
                    let method: String
                    let scheme: String
                }

                let offers: [Offer]
            }

            let payment: Payment
            let responses: [String: [String: String]]

            enum CodingKeys: String, CodingKey {
                case responses
                case payment = "x-payment-info"
            }
        }

        let openapi: String
        let paths: [String: [String: Operation]]
    }

    private struct Manifest: Decodable {
        struct Service: Decodable {
            let name: String
            let price_msat: UInt64?
            let caveats: [String]
        }

        let version: String
        let services: [Service]
    }

    @Test func `discovery names the price that the invoice of a 402 asks for`() async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let openAPI = try JSONDecoder().decode(
                OpenAPI.self,
                from: Data(try await gateway.request("/openapi.json").body.utf8)
            )
            let manifest = try JSONDecoder().decode(
                Manifest.self,
                from: Data(try await gateway.request("/.well-known/l402.json").body.utf8)
            )
            let text = try await gateway.request("/llms.txt").body
            #expect(openAPI.paths.keys.sorted() == ["/quotes/{rest}", "/tiny/{id}"])
            #expect(openAPI.paths["/quotes/{rest}"]?.keys.sorted() == ["get"])
            #expect(openAPI.paths["/tiny/{id}"]?.keys.sorted() == ["get", "post"])
            for (service, path, template) in [
                ("quotes", "/quotes/a", "/quotes/{rest}"), ("tiny", "/tiny/a", "/tiny/{id}"),
            ] {
                let invoice = try #require(try await gateway.request(path).challenge).invoice
                let amount = try #require(try Bolt11Invoice(decoding: invoice).amount)
                let operation = try #require(openAPI.paths[template]?["get"])
                let offer = try #require(operation.payment.offers.first)
                #expect(offer.amount == "\(amount.satoshisRoundedUp)")
                #expect(
                    [offer.currency, offer.intent, offer.method, offer.scheme] == [
                        "sat", "charge", "lightning", "l402",
                    ]
                )
                #expect(operation.responses["402"] != nil)
                let sold = try #require(manifest.services.first { $0.name == service })
                #expect(sold.price_msat == amount.millisatoshis)
                #expect(sold.caveats == ["services", "\(service)_valid_until"])
                #expect(text.contains(": \(amount), service `\(service)`, l402"))
            }
        }
    }

    @Test(arguments: documents)
    func `nothing is told of what is free, and of other hosts`(path: String) async throws {
        try await TestGateway.with(routes: Self.routes) { gateway in
            let answer = try await gateway.request(path)
            #expect(answer.status == 200)
            #expect(answer.headers["access-control-allow-origin"] == ["*"])
            #expect(answer.headers["cache-control"] == ["max-age=300"])
            #expect(!answer.body.contains("secret") && !answer.body.contains("elsewhere"))
            let other = try await gateway.request(path, [("Host", "shop.example.com")])
            #expect(other.body.contains("elsewhere"))
            let posted = try await gateway.request(path, method: .POST)
            #expect(posted.status == 405)
        }
    }

    @Test(arguments: documents)
    func `a listener may tell nothing`(path: String) async throws {
        let listen = "{ address: 127.0.0.1:0, discovery: false }"
        try await TestGateway.with(listen: listen, routes: Self.routes) { gateway in
            let answer = try await gateway.request(path)
            #expect(answer.status == 404)
        }
    }

    @Test func `a route of the policy comes before a document of its path`() async throws {
        let routes =
            Self.routes + """

                  - name: own
                    match: { path: /llms.txt }
                    pipeline:
                      - respond: "mine"
                """
        try await TestGateway.with(routes: routes) { gateway in
            let own = try await gateway.request("/llms.txt")
            #expect(own.body == "mine")
            let other = try await gateway.request("/openapi.json")
            #expect(other.status == 200)
        }
    }
}
