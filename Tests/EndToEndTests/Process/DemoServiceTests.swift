import AsyncHTTPClient
import GatewayKit
import GatewayServer
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import sluice

@Suite struct `The service of sluice demo` {
    /// Runs `body` with the address of the service on a free port.
    private func withService(_ body: (_ url: String) async throws -> Void) async throws {
        let listener = GatewayServer.Listener(
            ListenerSettings(host: "127.0.0.1", port: 0),
            routing: SingleRoute(Route(name: "demo", stages: [DemoUpstream(eventInterval: .zero)]))
        )
        let service = try await GatewayServer(
            listeners: [listener],
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() },
            drainTimeout: .seconds(1)
        ).start()
        let url = "http://127.0.0.1:\(service.addresses.first?.port ?? 0)"
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(url))
        } catch {
            result = .failure(error)
        }
        await service.drain()
        try result.get()
    }

    private func answer(_ url: String, _ method: HTTPMethod = .GET) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        request.method = method
        return try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    }

    private func text(_ response: HTTPClientResponse) async throws -> String {
        String(buffer: try await response.body.collect(upTo: 1 << 16))
    }

    @Test(arguments: [
        ("/quotes", #"{"symbol":"BTCUSD","bid":101250.5,"ask":101251.0}"#), ("/status", #"{"status":"ok"}"#),
    ])
    func `answers JSON on one line`(path: String, json: String) async throws {
        try await withService { url in
            let answer = try await answer(url + path)
            #expect(answer.status == .ok)
            #expect(answer.headers["content-type"] == ["application/json"])
            let body = try await text(answer)
            #expect(body == json + "\n")
        }
    }

    @Test func `streams five events`() async throws {
        try await withService { url in
            let answer = try await answer(url + "/stream")
            #expect(answer.headers["content-type"] == ["text/event-stream"])
            #expect(answer.headers["cache-control"] == ["no-store"])
            let events = (1...5).map { "event: tick\ndata: {\"number\":\($0)}\n\n" }
            let body = try await text(answer)
            #expect(body == events.joined())
        }
    }

    @Test func `sends a large body to its last byte`() async throws {
        try await withService { url in
            let answer = try await answer(url + "/large")
            #expect(answer.headers["content-type"] == ["application/octet-stream"])
            var count = 0
            for try await part in answer.body {
                count += part.readableBytes
            }
            #expect(ByteCount(count) == DemoUpstream.largeBody)
            #expect(DemoUpstream.largeBody == .mebibytes(64))
        }
    }

    @Test func `knows no other path and no other method`() async throws {
        try await withService { url in
            var statuses = [HTTPResponseStatus]()
            for (path, method) in [("/nothing", HTTPMethod.GET), ("/quotes", .POST), ("/quotes", .HEAD)] {
                statuses.append(try await answer(url + path, method).status)
            }
            #expect(statuses == [.notFound, .methodNotAllowed, .ok])
        }
    }
}
