import Foundation

/// How a client reaches the gateway.
enum ProtocolFront: String, CaseIterable {
    case http1 = "HTTP/1.1"
    case h2c = "HTTP/2 with prior knowledge"
    case upgrade = "HTTP/2 by upgrade"
    case http1TLS = "HTTP/1.1 over TLS"
    case http2TLS = "HTTP/2 over TLS"
    case unix = "a Unix socket"

    /// What `exchanges.py` calls its version.
    var version: String {
        switch self {
        case .http1, .http1TLS, .unix: "http1"
        case .h2c, .http2TLS: "http2"
        case .upgrade: "upgrade"
        }
    }

    /// What scripts that speak for several clients take: by its name, what each is and where the gateway is.
    static func places(_ fronts: [ProtocolFront], _ gateway: ProtocolGateway) -> String {
        let members = fronts.map { "\"\($0.rawValue)\": [\"\($0.version)\", \($0.place(gateway))]" }
        return "{\(members.joined(separator: ", "))}"
    }

    /// Where the gateway is, as JSON.
    func place(_ gateway: ProtocolGateway) -> String {
        switch self {
        case .http1, .h2c, .upgrade: "{\"port\": \(gateway.port)}"
        case .http1TLS, .http2TLS: "{\"port\": \(gateway.tlsPort), \"tls\": true}"
        case .unix: "{\"unix\": \"\(gateway.socket)\"}"
        }
    }

    /// How curl is to speak, and to whom.
    func curl(_ gateway: ProtocolGateway) -> (arguments: [String], url: String) {
        let clear = "http://127.0.0.1:\(gateway.port)"
        let tls = "https://127.0.0.1:\(gateway.tlsPort)"
        return switch self {
        case .http1: (["--http1.1"], clear)
        case .h2c: (["--http2-prior-knowledge"], clear)
        case .upgrade: (["--http2"], clear)
        case .http1TLS: (["--insecure", "--http1.1"], tls)
        case .http2TLS: (["--insecure", "--http2"], tls)
        case .unix: (["--unix-socket", gateway.socket], "http://localhost")
        }
    }

    /// What curl calls the version that it ends up with; a request with a body does not upgrade.
    func version(withBody: Bool) -> String {
        switch self {
        case .http1, .http1TLS, .unix: "1.1"
        case .upgrade where withBody: "1.1"
        case .h2c, .http2TLS, .upgrade: "2"
        }
    }
}

/// How the gateway reaches its upstream.
enum ProtocolUpstream: String, CaseIterable {
    case http1 = "HTTP/1.1"
    case h2c = "h2c"
    case http2TLS = "HTTP/2 over TLS"
    case http1TLS = "HTTP/1.1 over TLS"

    struct Place: Decodable {
        let clear: Int
        let tls: Int
        let roots: String
    }

    /// What `upstream.py` calls its version.
    var script: String { speaksHTTP2 ? "http2" : "http1" }
    var speaksHTTP2: Bool { self == .h2c || self == .http2TLS }

    func settings(_ place: Place) -> String {
        switch self {
        case .http1: "service: { url: \"http://127.0.0.1:\(place.clear)\" }"
        case .h2c: "service: { url: \"h2c://127.0.0.1:\(place.clear)\" }"
        case .http2TLS, .http1TLS:
            "service: { url: \"https://localhost:\(place.tls)\", tls: { roots: \(place.roots) } }"
        }
    }

    /// Runs `body` with a gateway that passes everything to such an upstream.
    func behindGateway<Result>(_ body: (ProtocolGateway) async throws -> Result) async throws -> Result {
        let upstream = try PythonUpstream("upstream.py", [script, "{folder}"])
        let place: Place = try await upstream.place()
        let result = try await ProtocolGateway.with(
            upstreams: [settings(place)],
            routes: ["{ name: all, match: { path: /* }, pipeline: [ forward: service ] }"],
            body
        )
        withExtendedLifetime(upstream) {}
        return result
    }
}
