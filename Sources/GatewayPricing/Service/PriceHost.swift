package import GatewayKit
internal import GatewayRPC
package import Logging
package import NIOCore

/// Serves a price list at one address, and keeps its book in order.
package final class PriceHost: Sendable {
    private static let pause = Duration.seconds(30)

    private let server: RPCServer
    private let book: PriceBook
    private let upkeep: Task<Void, Never>
    private let logger: Logger

    /// `nil` for a Unix socket.
    package var address: SocketAddress? { server.address }

    /// Returns once it listens.
    ///
    /// - Throws: `StartFailure`.
    package init(
        _ list: PriceList,
        at listener: ListenerSettings,
        store: BookStore,
        time: TimeSource = .system,
        logger: Logger
    ) async throws {
        let book = try await PriceBook.open(store, for: list)
        self.book = book
        self.logger = logger
        do {
            server = try await RPCServer.start(
                at: listener,
                services: [BundlePrices(list, book: book, time: time, logger: logger), ServingHealth()]
            )
        } catch {
            try? book.close()
            throw error
        }
        upkeep = Task { await PriceHost.keepUp(book, time: time, logger: logger) }
    }

    /// Lets calls end that are open.
    package func stop() async {
        await server.stop()
        upkeep.cancel()
        await upkeep.value
        do {
            try book.close()
        } catch {
            logger.warning("the book did not close cleanly", metadata: ["error": "\(error)"])
        }
    }

    private static func keepUp(_ book: PriceBook, time: TimeSource, logger: Logger) async {
        while !Task.isCancelled {
            do {
                let count = try await book.expire(at: time.now())
                if count > 0 {
                    logger.warning(
                        "requests were not reported in time; what was reserved for them was given back",
                        metadata: ["count": "\(count)"]
                    )
                }
            } catch {
                guard !Task.isCancelled else { return }
                logger.error("the book fails", metadata: ["reason": "\(error)"])
            }
            try? await Task.sleep(for: pause)
        }
    }
}
