import GatewayKit
import GatewayPricing
import GatewayRPC
import GatewayTesting
import Logging
import NIOCore

extension PriceHost {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs `body` with a client of a price server that has this list and, without another store, forgets what it has sold.
    static func with<Result: Sendable>(
        _ list: PriceList = .example,
        store: BookStore = .memory,
        time: TimeSource = .system,
        _ body: @Sendable (ServiceClient) async throws -> Result
    ) async throws -> Result {
        let host = try await PriceHost(
            list,
            at: ListenerSettings(host: "127.0.0.1", port: 0),
            store: store,
            time: time,
            logger: silent
        )
        return try await ServiceClient.with(port: host.address?.port ?? 0, body, after: { await host.stop() })
    }
}

extension ServiceClient {
    /// Runs `body` with a client of a server on this machine; `end` comes last, whatever happens.
    static func with<Result: Sendable>(
        port: Int,
        _ body: @Sendable (ServiceClient) async throws -> Result,
        after end: () async -> Void
    ) async throws -> Result {
        var settings = ServiceSettings(
            [ServiceAddress(parsing: "127.0.0.1:\(port)")].compactMap { $0 },
            timeout: .seconds(20)
        )
        settings.retries = 0
        settings.breaker.failures = .max
        let client = try ServiceClient(settings, logger: PriceHost.silent)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(client))
        } catch {
            result = .failure(error)
        }
        await client.stop()
        await end()
        return try result.get()
    }
}
