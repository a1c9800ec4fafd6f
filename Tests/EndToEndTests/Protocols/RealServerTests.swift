import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(3)), .enabled(if: ProtocolPeer.isExpected, ProtocolPeer.whyNot))
struct `Protocols: nginx behind, curl and h2load in front` {
    /// nginx on Unix sockets, since it cannot be told to take a free port.
    private func withNginx(_ body: (ProtocolGateway) async throws -> Void) async throws {
        let folder = "/tmp/sluice-nginx-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(repeating: UInt8(ascii: "n"), count: 64 << 10).write(to: URL(filePath: "\(folder)/large"))
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder)/\($0);" }.joined(separator: " ")
        let configuration = """
            pid \(folder)/pid;
            error_log \(folder)/error.log;
            worker_processes 1;
            events {}
            http {
                access_log off;
                \(temporary)
                server {
                    listen unix:\(folder)/http1.sock;
                    listen unix:\(folder)/h2c.sock http2;
                    root \(folder);
                    location / {}
                    location = /version { return 200 $server_protocol; }
                }
            }
            """
        let file = "\(folder)/nginx.conf"
        try Data(configuration.utf8).write(to: URL(filePath: file))
        // In the foreground it would not tell when it listens; it goes to the background once it does.
        let command = [try ProtocolPeer.program("nginx"), "-p", folder, "-c", file, "-e", "\(folder)/error.log"]
        _ = try await ProtocolPeer.run(command)
        let result: Result<Void, any Error>
        do {
            try await ProtocolGateway.with(
                upstreams: [
                    "http1: { url: \"unix:\(folder)/http1.sock\" }", "h2c: { url: \"h2c+unix:\(folder)/h2c.sock\" }",
                ],
                routes: ["http1", "h2c"].map { name in
                    "{ name: \(name), match: { path: /\(name)/* }, pipeline: "
                        + "[ { forward: { to: \(name), strip: /\(name) } } ] }"
                },
                body
            )
            result = .success(())
        } catch {
            result = .failure(error)
        }
        _ = try await ProtocolPeer.run(command + ["-s", "stop"])
        try result.get()
    }

    @Test(arguments: ["http1", "h2c"], ["large", "version"])
    func `h2load has 1,000 requests answered over 10 connections of 10 streams`(
        upstream: String,
        path: String
    ) async throws {
        try await withNginx { gateway in
            let output = try await ProtocolPeer.run([
                try ProtocolPeer.program("h2load"), "-n", "1000", "-c", "10", "-m", "10",
                "http://127.0.0.1:\(gateway.port)/\(upstream)/\(path)",
            ])
            let text = String(decoding: output, as: UTF8.self)
            #expect(text.contains("1000 succeeded, 0 failed, 0 errored, 0 timeout"), "\(text)")
            #expect(text.contains("status codes: 1000 2xx, 0 3xx, 0 4xx, 0 5xx"), "\(text)")
        }
    }

    @Test(arguments: zip(["http1", "h2c"], ["HTTP/1.1", "HTTP/2.0"]))
    func `curl upgrades to HTTP/2, whatever nginx speaks`(upstream: String, spoken: String) async throws {
        try await withNginx { gateway in
            let output = try await ProtocolPeer.run([
                try ProtocolPeer.program("curl"), "--silent", "--show-error", "--max-time", "20", "--http2",
                "--write-out", " to nginx, %{http_version} to curl",
                "http://127.0.0.1:\(gateway.port)/\(upstream)/version",
            ])
            #expect(String(decoding: output, as: UTF8.self) == "\(spoken) to nginx, 2 to curl")
        }
    }
}
