internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// A policy of so many paid routes of every kind, as a shop of many services has them, and requests for it.
struct RouteMix {
    /// Of twenty routes: exact paths, some of them by method, paths with a segment left open, prefixes, gRPC methods,
    /// and one regular expression.
    private enum Kind {
        case exact, method, segment, prefix, grpc, regex

        init(of index: Int) {
            self =
                switch index % 20 {
                case 0..<6: .exact
                case 6..<9: .method
                case 9..<13: .segment
                case 13..<16: .prefix
                case 16..<19: .grpc
                default: .regex
                }
        }
    }

    /// An authority has a port, and a name may be below a wildcard.
    private static let hosts = 20

    let count: Int

    var policy: String {
        """
        version: 1
        lightning: { use: dev }
        store: memory
        upstreams:
          service: { url: http://127.0.0.1:9001 }
        pipelines:
          paid:
            - auth: l402
            - caveats: [expires, service]
            - rate-limit: { limit: 20/s, burst: 40 }
        routes:

        """ + (0..<count).map(route).joined()
    }

    private func route(_ index: Int) -> String {
        let host = index % Self.hosts
        let name = host < 15 ? "api\(host).example.com" : "'*.shop\(host).example.net'"
        return """
              - name: r\(index)
                match: { host: \(name), \(target(of: index)) }
                pipeline:
                  - use: paid
                  - price: \(index % 90 + 10) sat
                  - forward: service

            """
    }

    private func target(of index: Int) -> String {
        switch Kind(of: index) {
        case .exact: "path: /v1/service\(index)/quotes/latest"
        case .method: "path: /v1/orders\(index), method: POST"
        case .segment: "path: '/v1/accounts\(index)/{account}/balance'"
        case .prefix: "path: /files/area\(index)/*"
        case .grpc: "grpc: shop\(index).v1.Orders/Place"
        case .regex: "regex: '/v2/service\(index)/[a-z]+/[0-9]+'"
        }
    }

    // MARK: Requests

    /// One for each of so many routes, spread over all of them and in no order.
    var hits: [RequestHead] { sample.map { request(for: $0, path: path(of: $0)) } }

    /// As near to a route as a request can be that has none.
    var misses: [RequestHead] {
        sample.map { index in
            // A prefix takes whatever stands behind it.
            request(for: index, path: Kind(of: index) == .prefix ? "/files/area\(index)" : "\(path(of: index))~")
        }
    }

    /// As many for a small policy as for a large one: what differs is how many routes there are, not how many are asked
    /// for.
    private var sample: [Int] { (0..<1_000).map { $0 &* 7_919 % count } }

    private func path(of index: Int) -> String {
        switch Kind(of: index) {
        case .exact: "/v1/service\(index)/quotes/latest"
        case .method: "/v1/orders\(index)"
        case .segment: "/v1/accounts\(index)/a81bc81b/balance"
        case .prefix: "/files/area\(index)/2026/report.pdf"
        case .grpc: "/shop\(index).v1.Orders/Place"
        case .regex: "/v2/service\(index)/daily/42"
        }
    }

    private func request(for index: Int, path: String) -> RequestHead {
        let host = index % Self.hosts
        let name = host < 15 ? "api\(host).example.com:8443" : "eu.shop\(host).example.net:8443"
        let kind = Kind(of: index)
        return RequestHead(
            method: kind == .method || kind == .grpc ? .post : .get,
            version: .http1_1,
            authorityBytes: ByteBuffer(string: name),
            pathBytes: ByteBuffer(string: path),
            queryBytes: ByteBuffer(),
            fields: Fields(),
            body: .none
        )
    }
}
