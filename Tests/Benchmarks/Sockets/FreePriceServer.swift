internal import Foundation
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import GRPCPricer
internal import NIOConcurrencyHelpers

/// A price server in this process, on the core of the load, for which everything is free.
final class FreePriceServer: Sendable {
    let port: Int
    private let server: GRPCServer<HTTP2ServerTransport.Posix>

    /// Returns once it listens.
    init() throws {
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0),
            transportSecurity: .plaintext
        )
        let server = GRPCServer(transport: transport, services: [Service()])
        self.server = server
        Task { try? await server.serve() }
        let found = NIOLockedValueBox<Int?>(nil)
        let isListening = DispatchSemaphore(value: 0)
        Task {
            let port = try? await transport.listeningAddress.ipv4?.port
            found.withLockedValue { $0 = port }
            isListening.signal()
        }
        guard isListening.wait(timeout: .now() + 10) == .success, let port = found.withLockedValue({ $0 }) else {
            throw BenchFailure("the price server does not listen")
        }
        self.port = port
    }

    // Cancelled, it would end the process where a call comes at that moment.
    deinit { server.beginGracefulShutdown() }

    private struct Service: Pricesrpc_Prices.SimpleServiceProtocol {
        func getPrice(
            request: Pricesrpc_GetPriceRequest,
            context: ServerContext
        ) async throws -> Pricesrpc_GetPriceResponse { .init() }

        func challengeMinted(
            request: Pricesrpc_ChallengeMintedRequest,
            context: ServerContext
        ) async throws -> Pricesrpc_ChallengeMintedResponse { throw unknown }

        func authorizeRequest(
            request: Pricesrpc_AuthorizeRequestRequest,
            context: ServerContext
        ) async throws -> Pricesrpc_AuthorizeRequestResponse { throw unknown }

        func reportUsage(
            request: Pricesrpc_ReportUsageRequest,
            context: ServerContext
        ) async throws -> Pricesrpc_ReportUsageResponse { throw unknown }

        func quoteSession(
            request: Pricesrpc_QuoteSessionRequest,
            context: ServerContext
        ) async throws -> Pricesrpc_QuoteSessionResponse { throw unknown }

        func settleSession(
            request: Pricesrpc_SettleSessionRequest,
            context: ServerContext
        ) async throws -> Pricesrpc_SettleSessionResponse { throw unknown }

        private var unknown: RPCError { RPCError(code: .unimplemented, message: "there are only prices here") }
    }
}
