import AsyncHTTPClient
import Foundation
import GatewayServer
import NIOCore
import NIOHTTP1
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A gateway tells its operator` {
    private let admin = "\nadmin: { listen: 127.0.0.1:0 }\n"

    private func status(_ path: String, at port: Int) async throws -> Int {
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        _ = try await response.body.collect(upTo: 1 << 16)
        return Int(response.status.code)
    }

    @Test func `that it is not ready, from the end of its last connections on`() async throws {
        let held = HeldBody()
        let upstream = try await held.serve()
        let text = TestGateway.policyText(upstreamPort: upstream.addresses.first?.port ?? 0) + admin
        let sluice = try ServingSluice(policy: text)
        let ports = try await sluice.ports()
        let (gateway, operatorPort) = (ports[0], try #require(ports.last))
        #expect(try await status("/readyz", at: operatorPort) == 200)
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(gateway)/free/held")
        var parts = try await HTTPClient.shared.execute(request, timeout: .seconds(60)).body.makeAsyncIterator()
        #expect(try await parts.next().map { String(buffer: $0) } == "first ")

        sluice.send(SIGTERM)
        while try await status("/readyz", at: operatorPort) == 200 {}
        #expect(try await status("/readyz", at: operatorPort) == 503)
        #expect(try await status("/healthz", at: operatorPort) == 200)
        held.release()
        while try await parts.next() != nil {}
        #expect(try await sluice.status() == 0)
        await upstream.drain()
    }

    @Test func `what it did, in a new file after SIGHUP`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/access.log"
        let text = TestGateway.policyText(upstreamPort: 9) + "\naccess-log: { format: logfmt, to: \(path) }\n"
        let sluice = try ServingSluice(policy: text)
        let gateway = try await sluice.port()
        #expect(try await status("/limited", at: gateway) == 502)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        sluice.send(SIGHUP)
        _ = try await sluice.line(containing: "refreshed")
        sluice.send(SIGTERM)
        #expect(try await sluice.status() == 0)
        // The client may know of its answer before the line is written.
        let new = try String(contentsOfFile: path, encoding: .utf8)
        let line = try String(contentsOfFile: path + ".1", encoding: .utf8) + new
        #expect(line.contains("route=limited stage=forward status=502 outcome=upstream_unreachable upstream=echo"))
    }
}
