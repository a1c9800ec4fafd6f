import Foundation
import GatewayKit
import L402
import Lightning
import MPP
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
                    let description: String?
                }

                let offers: [Offer]
            }

            struct Call: Decodable {
                let method: String
                let names: [String]
                let amount: String?
            }

            struct Response: Decodable {
                let description: String
            }

            let payment: Payment?
            let calls: [Call]?
            let pricing: Pricing?
            let responses: [String: Response]

            enum CodingKeys: String, CodingKey {
                case responses
                case payment = "x-payment-info"
                case calls = "x-json-rpc-calls"
                case pricing = "x-l402-pricing"
            }
        }

        let openapi: String
        let paths: [String: [String: Operation]]
    }

    private struct Pricing: Decodable {
        let model: String
        let price_msat: UInt64
    }

    private struct Manifest: Decodable {
        struct Resource: Decodable {
            let path: String?
            let method: String
            let pricing: Pricing
        }

        struct Service: Decodable {
            let name: String
            let resources: [Resource]
        }

        struct Caveat: Decodable {
            let type: String
            let attenuation: String?
        }

        let version: String
        let currencies: [String]
        let openapi: String
        let services: [Service]
        let caveats: [String: Caveat]
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
            #expect(manifest.version == "1.0")
            #expect(manifest.currencies == ["msat"])
            #expect(manifest.openapi == "/openapi.json")
            #expect(manifest.caveats["services"]?.type == "service_list")
            #expect(manifest.services.flatMap(\.resources).map(\.method) == ["GET", "GET", "POST"])
            for (service, path, template) in [
                ("quotes", "/quotes/a", "/quotes/{rest}"), ("tiny", "/tiny/a", "/tiny/{id}"),
            ] {
                let invoice = try #require(try await gateway.request(path).challenge).invoice
                let amount = try #require(try Bolt11Invoice(decoding: invoice).amount)
                let operation = try #require(openAPI.paths[template]?["get"])
                // The payment scheme has no part in it.
                #expect(operation.payment == nil)
                #expect(operation.pricing?.price_msat == amount.millisatoshis)
                #expect(operation.responses["402"] != nil)
                let sold = try #require(manifest.services.first { $0.name == service })
                #expect(sold.resources.allSatisfy { $0.pricing.price_msat == amount.millisatoshis })
                #expect(sold.resources.allSatisfy { $0.pricing.model == "fixed" })
                #expect(manifest.caveats["\(service)_valid_until"]?.type == "timestamp")
                #expect(text.contains(": \(amount), service `\(service)`, l402"))
            }
        }
    }

    @Test func `discovery, the refusal, the page and a call name one price`() async throws {
        let routes = """
                  - name: both
                    match: { path: /both }
                    pipeline: [ use: either-scheme, price: 10500 msat, forward: echo ]
                  - name: rpc
                    match: { path: /rpc }
                    pipeline: [ rate-limit: { limit: 1000/s }, forward: echo ]
                  - name: search
                    match: { path: /rpc, mcp: tools/call, tool: search }
                    pipeline: [ use: either-scheme, price: 10500 msat, forward: echo ]
                  - name: tools
                    match: { path: /rpc, mcp: tools/call }
                    pipeline: [ auth: mpp, rate-limit: { limit: 1000/s }, price: 3 sat, forward: echo ]
            """
        try await TestGateway.with(routes: routes) { gateway in
            let openAPI = try JSONDecoder().decode(
                OpenAPI.self,
                from: Data(try await gateway.request("/openapi.json").body.utf8)
            )
            let manifest = try JSONDecoder().decode(
                Manifest.self,
                from: Data(try await gateway.request("/.well-known/l402.json").body.utf8)
            )
            let text = try await gateway.request("/llms.txt").body
            // Half a satoshi is none, so it is a whole one wherever it is named.
            let price = "11"
            let refused = try await gateway.request("/both")
            #expect(try refused.payments.first?.requestObject()["amount"]?.text == price)
            #expect(refused.problem?["detail"]?.text == "'both' costs 11 sat")
            let invoice = try #require(refused.challenge).invoice
            #expect(try Bolt11Invoice(decoding: invoice).amount == .satoshis(11))
            let page = try await gateway.request("/both", [("Accept", "text/html")])
            #expect(page.headers["content-type"].first?.hasPrefix("text/html") == true)
            #expect(page.body.contains("11 sat"))
            let operation = try #require(openAPI.paths["/both"]?["get"])
            let offer = try #require(operation.payment?.offers.first)
            #expect(operation.payment?.offers.count == 1)
            #expect(
                [offer.amount, offer.currency, offer.intent, offer.method] == [price, "sat", "charge", "lightning"]
            )
            #expect(operation.pricing?.price_msat == 11_000)
            #expect(manifest.services.map(\.name) == ["both", "search"])
            #expect(manifest.services.flatMap(\.resources).allSatisfy { $0.pricing.price_msat == 11_000 })
            #expect(text.contains("`/both`: 11 sat, service `both`, l402 or mpp"))

            let called = try await gateway.send(TestGateway.call("search"))
            #expect(called.amounts == [price])
            #expect(called.error?["data"]?["detail"]?.text == "'search' costs 11 sat")
            let rpc = try #require(openAPI.paths["/rpc"]?["post"])
            #expect(rpc.calls?.map(\.names) == [["search"], []])
            #expect(rpc.calls?.map(\.amount) == [price, "3"])
            #expect(rpc.payment?.offers.map(\.amount) == [nil])
            #expect(rpc.payment?.offers.first?.description == "tools/call search: 11 sat; tools/call: 3 sat")
            #expect(rpc.responses["402"] != nil)
            #expect(text.contains("`POST /rpc` calling `tools/call search`: 11 sat, service `search`, l402 or mpp"))
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
