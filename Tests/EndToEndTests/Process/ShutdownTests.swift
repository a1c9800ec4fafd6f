import AsyncHTTPClient
import Foundation
import GatewayKit
import GatewayServer
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A gateway that is told to end` {
    @Test(arguments: [SIGINT, SIGTERM])
    func `ends with 0`(signal: Int32) async throws {
        let sluice = try ServingSluice(policy: TestGateway.policyText(upstreamPort: 9))
        _ = try await sluice.port()
        sluice.send(signal)
        #expect(try await sluice.status() == 0)
    }

    @Test func `takes no more connections, and lets an answer come to its end`() async throws {
        let held = HeldBody()
        let upstream = try await held.serve()
        let port = upstream.addresses.first?.port ?? 0
        let sluice = try ServingSluice(policy: TestGateway.policyText(upstreamPort: port))
        let gateway = try await sluice.port()
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(gateway)/free/held")
        let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        #expect(answer.status == .ok)
        var parts = answer.body.makeAsyncIterator()
        #expect(try await parts.next().map { String(buffer: $0) } == "first ")

        sluice.send(SIGINT)
        while await isOpen(gateway) {}
        held.release()

        var rest = ""
        while let part = try await parts.next() {
            rest += String(buffer: part)
        }
        #expect(rest == "last")
        #expect(try await sluice.status() == 0)
        await upstream.drain()
    }

    private func isOpen(_ port: Int) async -> Bool {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        guard let channel = try? await bootstrap.connect(host: "127.0.0.1", port: port).get() else { return false }
        try? await channel.close()
        return true
    }
}

/// An answer whose last part waits until it is released.
final class HeldBody: BodyStream, Stage {
    private struct State {
        var asked = 0
        var isReleased = false
        var waiting: EventLoopPromise<ByteBuffer?>?
    }

    private let state = NIOLockedValueBox(State())

    func serve() async throws -> RunningServer {
        let listener = GatewayServer.Listener(
            ListenerSettings(host: "127.0.0.1", port: 0),
            routing: SingleRoute(Route(name: "held", stages: [self]))
        )
        return try await GatewayServer(
            listeners: [listener],
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "held") { _ in SwiftLogNoOpLogHandler() },
            drainTimeout: .seconds(1)
        ).start()
    }

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        .now(.reply(Reply(.ok, body: .stream(self))))
    }

    func next(on eventLoop: any EventLoop) -> Eventually<ByteBuffer?> {
        state.withLockedValue { state in
            state.asked += 1
            switch state.asked {
            case 1: return .now(ByteBuffer(string: "first "))
            case 2 where state.isReleased: return .now(ByteBuffer(string: "last"))
            case 2:
                let promise = eventLoop.makePromise(of: ByteBuffer?.self)
                state.waiting = promise
                return .later(promise.futureResult)
            default: return .now(nil)
            }
        }
    }

    func release() {
        let waiting = state.withLockedValue { state in
            state.isReleased = true
            return state.waiting
        }
        waiting?.succeed(ByteBuffer(string: "last"))
    }
}
