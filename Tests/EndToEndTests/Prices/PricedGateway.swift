import Foundation
import GatewayKit
import L402
import Lightning
import NIOCore
import NIOHTTP1
import Testing
import sluice

/// A gateway whose price is asked of price servers, and what its clients see of that.
struct PricedGateway {
    /// What a client sees of an unpaid request.
    enum Seen: Hashable, CustomStringConvertible {
        case served
        case asked(String)
        case unavailable(retryAfter: String?)
        case other(Int)

        init(_ answer: TestGateway.Answer) {
            switch answer.status {
            case 200: self = .served
            case 402:
                let invoice = answer.challenge.flatMap { try? Bolt11Invoice(decoding: $0.invoice) }
                self = .asked(invoice?.amount?.description ?? "nothing")
            case 503: self = .unavailable(retryAfter: answer.headers["retry-after"].first)
            default: self = .other(answer.status)
            }
        }

        var description: String {
            switch self {
            case .served: "served"
            case .asked(let amount): "asked for \(amount)"
            case .unavailable(let after): "unavailable, retry after \(after ?? "never")"
            case .other(let status): "\(status)"
            }
        }

        /// As where the policy says `fallback: refuse`.
        static let refused = Seen.unavailable(retryAfter: "5")
    }

    let gateway: TestGateway

    /// - Parameters:
    ///   - settings: of `use: grpc`; where they have no timeout, a server is waited for as long as it takes.
    ///   - listen: what stands for `listen` in the policy.
    static func with<Result>(
        _ settings: String,
        listen: String = "127.0.0.1:0",
        _ body: (PricedGateway) async throws -> Result
    ) async throws -> Result {
        let allowance =
            settings.contains("metered: true") ? "    allow: { unbounded-meter: the service ends by itself }\n" : ""
        // Longer than any answer here takes, and shorter than the clients wait.
        let timeout = settings.contains("timeout:") ? "" : ", timeout: 20s"
        let routes = """
              - name: priced
                match: { path: /priced/* }
            \(allowance)    pipeline:
                  - auth: { use: l402, valid-for: 1h }
                  - caveats: [service, expires, path, method, address]
                  - rate-limit: { limit: 1000/s }
                  - price: { use: grpc, \(settings)\(timeout) }
                  - forward: { to: echo, strip: /priced }
            """
        return try await TestGateway.with(listen: listen, routes: routes) { gateway in
            try await body(PricedGateway(gateway: gateway))
        }
    }

    func sees(
        _ path: String = "/echo",
        _ method: HTTPMethod = .GET,
        _ fields: [(String, String)] = [],
        body: String? = nil
    ) async throws -> Seen {
        Seen(try await gateway.request("/priced\(path)", method: method, fields, body: body))
    }

    func expects(
        _ expected: Seen,
        _ path: String = "/echo",
        _ method: HTTPMethod = .GET,
        _ fields: [(String, String)] = [],
        body: String? = nil,
        saying comment: Comment? = nil,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let seen = try await sees(path, method, fields, body: body)
        #expect(seen == expected, comment, sourceLocation: location)
    }

    func expectsCount(
        _ expected: UInt64,
        _ name: String,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let counts = try await counts()
        #expect(counts[name] == expected, sourceLocation: location)
    }

    /// What the operator sees at `/prices`, where the policy has `admin` on the port behind its others.
    func counts() async throws -> [String: UInt64] {
        struct Report: Decodable {
            struct Pricer: Decodable { let counts: [String: UInt64] }
            let pricers: [Pricer]
        }
        let port = try #require(gateway.running.addresses.last?.port)
        let answer = try await gateway.request("/prices", at: "http://127.0.0.1:\(port)")
        expectStatus(200, answer)
        let report = try JSONDecoder().decode(Report.self, from: Data(answer.body.utf8))
        return try #require(report.pricers.first).counts
    }
}
