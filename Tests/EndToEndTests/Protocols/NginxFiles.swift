import Foundation
import GatewayTesting

/// nginx behind the gateway: it serves files, and stores what is uploaded.
enum NginxFiles: String, CaseIterable {
    case http1 = "nginx over HTTP/1.1"
    case h2c = "nginx over h2c"
    case http1TLS = "nginx over HTTP/1.1 and TLS"
    case http2TLS = "nginx over HTTP/2 and TLS"

    /// What it serves, by the name of the file.
    static let files: [String: Data] = [
        "empty": Data(),
        "small": Data("small\n".utf8),
        "large": large,
    ]

    /// Blocks that end nowhere where buffers do.
    private static let large: Data = {
        let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
        var bytes = [UInt8]()
        while bytes.count < 3_000_000 { bytes += block }
        return Data(bytes.prefix(3_000_000))
    }()

    private var isHTTP2: Bool { self == .h2c || self == .http2TLS }
    private var usesTLS: Bool { self == .http1TLS || self == .http2TLS }

    /// - Parameter place: a port, or the path of a socket.
    private func server(_ place: String, requests: Int) -> String {
        """
          server {
            listen \(place)\(usesTLS ? " ssl" : "")\(isHTTP2 ? " http2" : "");
            \(usesTLS ? "ssl_certificate certificate; ssl_certificate_key key;" : "")
            keepalive_requests \(requests);
            location /files/ { alias files/; dav_methods PUT; }
            # Included pages have no length beforehand.
            location /chunked/ { alias files/; ssi on; ssi_types *; }
            location /trailers/ { alias files/; ssi on; ssi_types *; add_trailer X-Checksum "of $uri"; }
          }
        """
    }

    /// Runs `body` with a gateway that passes everything to nginx, and with the folder of nginx's files.
    ///
    /// - Parameter requests: after so many nginx closes a connection.
    func behindGateway<Result>(
        requests: Int = 1000,
        routes: [String] = [],
        _ body: (ProtocolGateway, _ files: URL) async throws -> Result
    ) async throws -> Result {
        let folder = try TemporaryFolder()
        let files = URL(filePath: "\(folder.path)/files")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        for (name, content) in Self.files { try content.write(to: files.appending(path: name)) }
        let socket = "\(folder.path)/nginx.sock"
        let place: String
        let settings: String
        if usesTLS {
            let request =
                ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch"]
                + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
                + ["-out", "\(folder.path)/certificate", "-keyout", "\(folder.path)/key"]
            _ = try await ProtocolPeer.run([try ProtocolPeer.program("openssl")] + request)
            let port = try await Nginx.freePort()
            place = "127.0.0.1:\(port)"
            settings = "url: \"https://localhost:\(port)\", tls: { roots: \(folder.path)/certificate }"
        } else {
            place = "unix:\(socket)"
            settings = "url: \"\(isHTTP2 ? "h2c+unix" : "unix"):\(socket)\""
        }
        let nginx = try Nginx(server(place, requests: requests), in: folder)
        try await nginx.listening()
        let result = try await ProtocolGateway.with(
            upstreams: ["service: { \(settings) }"],
            routes: routes + ["{ name: all, match: { path: /* }, pipeline: [ forward: service ] }"]
        ) { gateway in
            try await body(gateway, files)
        }
        withExtendedLifetime(nginx) {}
        return result
    }
}
