import Foundation
import GatewayKit
import Lightning
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Testing

/// A wallet on a free loopback port that gives one answer to every request, with TLS where it has an identity.
final class LndRESTServer: Sendable {
    static let notInitiated = answer(
        "404 Not Found",
        #"{"error":{"code":5,"message":"payment isn't initiated","details":[]}}"#
    )

    let port: Int
    private let received: Received

    final class Received: Sendable {
        let heads = NIOLockedValueBox<[String]>([])
    }

    /// The heads of the requests so far.
    var requests: [String] { received.heads.withLockedValue { $0 } }

    private init(port: Int, _ received: Received) {
        self.port = port
        self.received = received
    }

    static func answer(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// - Parameter answer: `nil` never answers.
    static func with<Result>(
        _ identity: Identity? = nil,
        answer: String?,
        _ body: (LndRESTServer) async throws -> Result
    ) async throws -> Result {
        let received = Received()
        let context = try identity?.context()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.addHandler(Answering(answer, received))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(LndRESTServer(port: listener.localAddress?.port ?? 0, received)))
        } catch {
            result = .failure(error)
        }
        try await listener.close()
        return try result.get()
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: String?
        private let received: Received
        private var head = ""

        init(_ answer: String?, _ received: Received) {
            self.answer = answer
            self.received = received
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            head += String(buffer: unwrapInboundIn(data))
            // Only requests without a body are made here.
            guard head.hasSuffix("\r\n\r\n") else { return }
            received.heads.withLockedValue { [head] in $0.append(head) }
            head = ""
            if let answer {
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}

struct LndRESTServerTests {
    private func state(
        of payment: PaymentHash = PaymentHash(.zero),
        answer: String?,
        timeout: TimeAmount = .seconds(60)
    ) async throws -> (state: LndPaymentState, requests: [String]) {
        try await LndRESTServer.with(answer: answer) { server in
            let wallet = try LndRESTWallet(
                url: "http://127.0.0.1:\(server.port)",
                macaroonHex: "0201",
                certificateFile: nil,
                timeout: timeout
            )
            let result: Result<LndPaymentState, any Error>
            do {
                result = .success(try await wallet.state(of: payment))
            } catch {
                result = .failure(error)
            }
            try await wallet.shutdown()
            return (try result.get(), server.requests)
        }
    }

    @Test func `a payment is asked for with its hash in the URL's base64, and with the macaroon`() async throws {
        let payment = PaymentHash(try #require(Bytes32([UInt8](repeating: 0xFB, count: 32))))
        let (_, requests) = try await state(of: payment, answer: LndRESTServer.notInitiated)
        let name = String(repeating: "-_v7", count: 10) + "-_s="
        #expect(requests.count == 1)
        #expect(requests[0].hasPrefix("GET /v2/router/track/\(name)?no_inflight_updates=true HTTP/1.1\r\n"))
        #expect(requests[0].contains("\r\nGrpc-Metadata-macaroon: 0201\r\n"))
    }

    @Test func `the invoices are asked when the payments are not served`() async throws {
        let answer = LndRESTServer.answer("404 Not Found", #"{"code":5,"message":"Not Found","details":[]}"#)
        let (state, requests) = try await state(answer: answer)
        #expect(state == .unknown)
        #expect(requests.last?.prefix { !$0.isNewline } == "GET /v1/invoice/\(Bytes32.zero.hex) HTTP/1.1")
    }

    @Test func `a payment that has not ended in time is under way`() async throws {
        #expect(try await state(answer: nil, timeout: .milliseconds(50)).state == .underWay)
    }

    @Test func `only the first line of a stream is waited for`() async throws {
        let line = #"{"result":{"status":"FAILED"}}"# + "\n"
        let open = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\n\(line)\r\n"
        #expect(try await state(answer: open).state == .unpaid)
    }

    @Test func `a wallet that does not answer a payment in time is unavailable`() async throws {
        let invoice = try await DevNode.started().invoice()
        try await LndRESTServer.with(answer: nil) { server in
            let wallet = try LndRESTWallet(
                url: "http://127.0.0.1:\(server.port)",
                macaroonHex: nil,
                certificateFile: nil,
                timeout: .milliseconds(50)
            )
            await #expect(throws: LightningFailure(.unavailable, "the wallet did not answer in 50ms")) {
                _ = try await wallet.pay(invoice.bolt11, feeLimit: .zero)
            }
            try await wallet.shutdown()
        }
    }

    /// An answer whose first bytes come at once, and the others never.
    private static let stalled = "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n{"

    @Test(.timeLimit(.minutes(1)))
    func `a payment whose answer stops in the middle is under way`() async throws {
        #expect(try await state(answer: Self.stalled, timeout: .milliseconds(50)).state == .underWay)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a wallet whose answer to a payment stops in the middle is unavailable, in time`() async throws {
        let invoice = try await DevNode.started().invoice()
        try await FakeHTTP.with(respond: { _ in .stall("{") }) { server in
            let wallet = try LndRESTWallet(
                url: "http://127.0.0.1:\(server.port)",
                macaroonHex: nil,
                certificateFile: nil,
                timeout: .milliseconds(50)
            )
            await #expect(throws: LightningFailure(.unavailable, "the wallet did not answer in 50ms")) {
                _ = try await wallet.pay(invoice.bolt11, feeLimit: .zero)
            }
            try await wallet.shutdown()
        }
    }
}
