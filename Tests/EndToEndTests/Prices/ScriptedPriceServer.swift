import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCPricer
import GatewayKit
import GatewayRPC
import NIOConcurrencyHelpers
import NIOCore
import SwiftProtobuf

/// A price server that does what a test says, whatever that is, and keeps what it was asked.
final class ScriptedPriceServer: Sendable {
    enum Answer: Sendable {
        case satoshis(Int64)
        /// Of no use as an answer, or of use: whatever they are.
        case bytes([UInt8])
        case status(RPCError.Code)
        /// Until nobody waits any more.
        case never
    }

    struct Asked: Sendable {
        var prices: [Pricesrpc_GetPriceRequest] = []
        var offers: [Pricesrpc_ChallengeMintedRequest] = []
    }

    private struct State {
        var answer: Answer
        var next: [Answer] = []
        var asked = Asked()
    }

    private let state: NIOLockedValueBox<State>
    let knowsOffers: Bool
    /// A question each, when it has come.
    let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation
    let offers: AsyncStream<Pricesrpc_ChallengeMintedRequest>
    private let offered: AsyncStream<Pricesrpc_ChallengeMintedRequest>.Continuation

    init(_ answer: Answer = .satoshis(10), knowsOffers: Bool = true) {
        state = NIOLockedValueBox(State(answer: answer))
        self.knowsOffers = knowsOffers
        (arrivals, arrived) = AsyncStream.makeStream()
        (offers, offered) = AsyncStream.makeStream()
    }

    /// Answers `next` first, one for each question, and `answer` from then on.
    func script(_ answer: Answer, after next: Answer...) {
        state.withLockedValue { state in
            state.answer = answer
            state.next = next
        }
    }

    var asked: Asked { state.withLockedValue { $0.asked } }
    var count: Int { asked.prices.count }

    /// Runs `body` while it serves.
    ///
    /// - Parameter port: 0 for any.
    func serving<Result: Sendable>(
        at port: Int = 0,
        tls: HTTP2ServerTransport.Posix.TransportSecurity = .plaintext,
        _ body: @Sendable (_ port: Int) async throws -> Result
    ) async throws -> Result {
        let server = try await RPCServer.start(
            at: ListenerSettings(host: "127.0.0.1", port: port),
            security: tls,
            services: [PriceService(server: self)]
        )
        // Calls that hang are ended, too.
        do {
            let result = try await body(server.address?.port ?? 0)
            await server.stop(within: .zero)
            return result
        } catch {
            await server.stop(within: .zero)
            throw error
        }
    }

    fileprivate func answer(to request: Pricesrpc_GetPriceRequest) -> Answer {
        let answer = state.withLockedValue { state in
            state.asked.prices.append(request)
            return state.next.isEmpty ? state.answer : state.next.removeFirst()
        }
        arrived.yield()
        return answer
    }

    fileprivate func note(_ offer: Pricesrpc_ChallengeMintedRequest) {
        state.withLockedValue { $0.asked.offers.append(offer) }
        offered.yield(offer)
    }
}

/// As bytes, so that it can answer what no generated service would.
private struct PriceService: RegistrableRPCService {
    let server: ScriptedPriceServer

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: Pricesrpc_Prices.Method.GetPrice.descriptor,
            deserializer: ByteCoding(),
            serializer: ByteCoding()
        ) { request, context in
            let single = try await ServerRequest(stream: request)
            let bytes = try await answer(to: try Pricesrpc_GetPriceRequest(serializedBytes: single.message), context)
            return StreamingServerResponse(single: ServerResponse(message: bytes))
        }
        guard server.knowsOffers else { return }
        router.registerHandler(
            forMethod: Pricesrpc_Prices.Method.ChallengeMinted.descriptor,
            deserializer: ByteCoding(),
            serializer: ByteCoding()
        ) { request, _ in
            let single = try await ServerRequest(stream: request)
            server.note(try Pricesrpc_ChallengeMintedRequest(serializedBytes: single.message))
            return StreamingServerResponse(single: ServerResponse(message: []))
        }
    }

    private func answer(
        to request: Pricesrpc_GetPriceRequest,
        _ context: ServerContext
    ) async throws -> [UInt8] {
        switch server.answer(to: request) {
        case .satoshis(let count):
            var response = Pricesrpc_GetPriceResponse()
            response.priceSats = count
            return try response.serializedBytes()
        case .bytes(let bytes): return bytes
        case .status(let code): throw RPCError(code: code, message: "as the test wants it")
        case .never:
            try await context.cancellation.cancelled
            // No bytes would be an answer: a price of nothing.
            throw RPCError(code: .unavailable, message: "as the test wants it")
        }
    }
}

private struct ByteCoding: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
}
