import Foundation
import L402
import Testing

/// Debian's nginx, by the configuration of "Asking other services".
@Suite(
    .timeLimit(.minutes(2)),
    .enabled(if: ProtocolPeer.expects("nginx", "curl"), "nginx and curl are not installed")
)
struct NginxAuthRequestTests {
    private static func servers(_ port: Int, asking authorizer: Int) -> String {
        """
        server {
          listen 127.0.0.1:\(port);
          location / {
            auth_request /sluice;
            auth_request_set $sluice_decision $upstream_http_sluice_decision;
            auth_request_set $sluice_paid $upstream_http_x_paid;
            error_page 401 403 = @refused;
            add_header X-Paid $sluice_paid;
            root files;
          }
          location = /sluice {
            internal;
            proxy_pass http://127.0.0.1:\(authorizer)/auth-request;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Host $host;
            proxy_set_header X-Original-URI $request_uri;
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Real-IP $remote_addr;
          }
          location @refused {
            rewrite ^ /refusal break;
            proxy_pass http://127.0.0.1:\(authorizer);
            proxy_method GET;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Sluice-Decision $sluice_decision;
          }
        }
        """
    }

    @Test func `a client gets the 402 with its offers and its body, pays, and is served by nginx`() async throws {
        try await AuthorizingGateway.with { gateway in
            let folder = try TemporaryFolder()
            let files = URL(filePath: folder.path).appending(path: "files/v1")
            try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
            try Data("served\n".utf8).write(to: files.appending(path: "quotes"))
            let port = try await Nginx.freePort()
            let nginx = try Nginx(Self.servers(port, asking: gateway.httpPort), in: folder)
            try await nginx.listening()

            let curl = Curl("http://127.0.0.1:\(port)")
            let refused = try await curl.ask("/v1/quotes")
            #expect(refused.status == 402)
            #expect(refused.values(of: "content-type") == ["application/problem+json"])
            #expect(String(decoding: refused.body, as: UTF8.self).contains("payment-required"))
            let offers = refused.values(of: "www-authenticate")
            #expect(offers.count == 2)
            let challenge = try #require(L402Challenge.challenges(in: offers).first)
            let token = try await gateway.token(for: challenge)

            let served = try await curl.ask("/v1/quotes", ["--header", "Authorization: \(token)"])
            #expect(served.status == 200)
            #expect(served.body == Data("served\n".utf8))
            #expect(served.values(of: "x-paid") == ["yes"])

            let elsewhere = try await curl.ask("/nowhere")
            #expect(elsewhere.status == 404)
            withExtendedLifetime(nginx) {}
        }
    }
}
