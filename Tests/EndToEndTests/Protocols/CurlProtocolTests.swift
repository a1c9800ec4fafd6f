import Foundation
import GatewayTesting
import Testing

@Suite(
    .serialized,
    .timeLimit(.minutes(2)),
    .enabled(if: ProtocolPeer.expects("nginx", "curl", "openssl"), "nginx, curl and openssl are not installed")
)
struct `Protocols: curl` {
    @Test func `verifies the gateway's own certificate, and refuses it where it is not told of it`() async throws {
        try await NginxFiles.http1.behindGateway { gateway, _ in
            let url = "https://localhost:\(gateway.tlsPort)"
            let trusting = Curl(url, ["--cacert", "\(gateway.folder.path)/data/tls.cert"])
            let answer = try await trusting.ask("/files/small")
            #expect(answer.body == Data("small\n".utf8))
            #expect(answer.heads.hasPrefix("HTTP/2 200"))
            let failure = await #expect(throws: ConformanceFailure.self) {
                _ = try await Curl(url).ask("/files/small")
            }
            // CURLE_PEER_FAILED_VERIFICATION
            #expect(failure.map { "\($0)".contains("ended with 60") } == true)
        }
    }

    @Test(arguments: ProtocolFront.allCases)
    func `reads trailers`(front: ProtocolFront) async throws {
        try await NginxFiles.http1.behindGateway { gateway, _ in
            let answer = try await Curl(front, gateway).ask("/trailers/small")
            #expect(answer.body == Data("small\n".utf8))
            #expect(answer.values(of: "x-checksum") == ["of /trailers/small"])
        }
    }

    @Test(arguments: [ProtocolFront.http1, .http1TLS, .unix])
    func `is told to go on before it uploads`(front: ProtocolFront) async throws {
        try await NginxFiles.http1.behindGateway { gateway, files in
            let upload = ["--header", "Expect: 100-continue", "--upload-file", "\(files.path)/large"]
            // Longer than curl itself would wait.
            let answer = try await Curl(front, gateway).ask("/files/new", upload + ["--expect100-timeout", "25"])
            #expect(answer.heads.hasPrefix("HTTP/1.1 100 "))
            #expect(answer.status == 201)
            let stored = try Data(contentsOf: files.appending(path: "new"))
            #expect(stored == NginxFiles.files["large"])
        }
    }

    @Test(arguments: [ProtocolFront.http1, .http1TLS, .unix])
    func `is not told to upload what the pipeline refuses`(front: ProtocolFront) async throws {
        let refusing = "{ name: refused, match: { path: /refused }, pipeline: [ respond: { status: 403 } ] }"
        try await NginxFiles.http1.behindGateway(routes: [refusing]) { gateway, files in
            let upload = ["--header", "Expect: 100-continue", "--upload-file", "\(files.path)/large"]
            let answer = try await Curl(front, gateway).ask("/refused", upload + ["--expect100-timeout", "25"])
            #expect(answer.heads.hasPrefix("HTTP/1.1 403 "))
            #expect(answer.status == 403)
        }
    }

    @Test(arguments: [["--http1.1"], ["--http2-prior-knowledge"], ["--http2"]], [false, true])
    func `begins with a PROXY header`(version: [String], usesTLS: Bool) async throws {
        let folder = try TemporaryFolder()
        let nginx = try Nginx(
            "server { listen unix:\(folder.path)/nginx.sock; location / { return 200 $http_x_forwarded_for; } }",
            in: folder
        )
        try await nginx.listening()
        let tls = usesTLS ? ", tls: { self-signed: [] }" : ""
        let policy = """
            version: 1
            listen: { address: 127.0.0.1:0\(tls), proxy-protocol: true, trusted-proxies: [127.0.0.1/32] }
            upstreams:
              service: { url: "unix:\(folder.path)/nginx.sock" }
            routes:
              - { name: all, match: { path: /* }, pipeline: [ forward: service ] }
            """
        let answer = try await ProtocolGateway.serving(policy, in: try TemporaryFolder()) { ports in
            let url = "\(usesTLS ? "https" : "http")://127.0.0.1:\(ports[0])"
            let arguments = version + ["--insecure", "--haproxy-protocol"]
            return try await Curl(url, arguments).ask("/")
        }
        withExtendedLifetime(nginx) {}
        #expect(answer.status == 200)
        #expect(answer.body == Data("127.0.0.1".utf8))
    }

    // Debian's curl 7.88.1 breaks off now and then where it uses a connection with prior knowledge again: curl #10634,
    // mended in 8.0.
    @Test(arguments: ProtocolFront.allCases.filter { $0 != .h2c })
    func `keeps one connection for many requests`(front: ProtocolFront) async throws {
        try await NginxFiles.http1.behindGateway { gateway, _ in
            let (arguments, url) = front.curl(gateway)
            let options = ["--silent", "--max-time", "60", "--output", "/dev/null", "--write-out", "%{num_connects},"]
            let urls = (0..<5).flatMap { _ in ["\(url)/files/small", "--output", "/dev/null"] }
            let command = [try ProtocolPeer.program("curl")] + options + arguments + urls.dropLast(2)
            let output = try await ProtocolPeer.run(command)
            #expect(String(decoding: output, as: UTF8.self) == "1,0,0,0,0,")
        }
    }
}
