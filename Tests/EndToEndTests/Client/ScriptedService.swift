import GatewayKit
import GatewayServer
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A service on a free loopback port that answers as a test says, and remembers what it was asked.
final class ScriptedService: Sendable {
    struct Call: Sendable {
        let method: String
        let target: String
        let authorization: [String]
        let body: String
    }

    let url: String
    private let log: Log

    final class Log: Sendable {
        let calls = NIOLockedValueBox<[Call]>([])
    }

    var calls: [Call] { log.calls.withLockedValue { $0 } }

    private init(url: String, log: Log) {
        self.url = url
        self.log = log
    }

    static func with<Result>(
        answer: @escaping @Sendable (Call) async throws -> Reply,
        _ body: (ScriptedService) async throws -> Result
    ) async throws -> Result {
        let log = Log()
        let listener = GatewayServer.Listener(
            ListenerSettings(host: "127.0.0.1", port: 0),
            routing: SingleRoute(Route(name: "scripted", stages: [Script(log: log, answer: answer)]))
        )
        let server = try await GatewayServer(
            listeners: [listener],
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "scripted") { _ in SwiftLogNoOpLogHandler() },
            drainTimeout: .seconds(1)
        ).start()
        let service = ScriptedService(url: "http://127.0.0.1:\(server.addresses.first?.port ?? 0)", log: log)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(service))
        } catch {
            result = .failure(error)
        }
        await server.drain()
        return try result.get()
    }

    private struct Script: Stage {
        let log: Log
        let answer: @Sendable (Call) async throws -> Reply

        func admit(_ exchange: Exchange) -> Eventually<Decision> {
            let request = exchange.request
            let authorization = FieldName("authorization").map(request.fields.values(of:)) ?? []
            return exchange.body(upTo: .mebibytes(1)).flatMap { [log, answer] body in
                let call = Call(
                    method: request.method.rawValue,
                    target: request.target,
                    authorization: authorization,
                    body: String(buffer: body)
                )
                log.calls.withLockedValue { $0.append(call) }
                return exchange.later { .reply(try await answer(call)) }
            }
        }
    }
}
