import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import MPP
import NIOCore
import NIOEmbedded

/// A page of a route that charges on success, whose payment is held, and its browser: without a server between them.
final class HeldPage: Sendable {
    let payment: PaymentHash
    private let scheme: MPPScheme
    private let cookie: String
    private let folder: String

    init(_ store: any Store, _ node: HoldingNode, _ time: ManualTime) async throws {
        folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        let services = Services.example(time: time.source, store: store, lightning: node, dataFolder: folder)
        let settings = ExampleSettings(["charge-on": "success", "insecure": "true"])
        guard let scheme = settings.make(word: "mpp", { MPPScheme(from: &$0, services) }),
            let desk = scheme.holdingDesk(for: Self.exchange())
        else { throw ConformanceFailure("no payments are held: \(settings.messages)") }
        let invoice = try await desk.makeInvoice(
            by: node,
            for: Amount(millisatoshis: 10_000),
            of: "example",
            memo: "tea",
            expiresIn: .seconds(600)
        )
        self.scheme = scheme
        payment = invoice.paymentHash
        let exchange = Self.exchange()
        let quote = Quote(amount: invoice.amount, expiresIn: .seconds(600)) { _ in .now(invoice) }
        _ = try scheme.challenge(for: quote, in: exchange)
        guard let key = exchange[PageKey.self],
            let line = try MPPPageGate(dataFolder: folder).cookie(for: key, at: time.now, isSecure: true)
        else { throw ConformanceFailure("the page has no key") }
        cookie = String(line.prefix { $0 != ";" })
        node.arrive(payment)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func exchange(
        _ fields: [(String, String)] = [],
        on loop: any EventLoop = EmbeddedEventLoop()
    ) -> Exchange {
        .example(.example(fields: [("Accept", "text/html")] + fields), eventLoop: loop)
    }

    /// A request of the page's browser that is let in.
    ///
    /// - Throws: what it is answered where it is not.
    func visit() async throws -> Visit {
        let visit = try await Visit(scheme) { [cookie] in Self.exchange([("Cookie", cookie)], on: $0) }
        try await visit.begin()
        return visit
    }

    final class Visit: Sendable {
        private let scheme: MPPScheme
        private let loop: NIOAsyncTestingEventLoop
        private let exchange: NIOLoopBound<Exchange>

        fileprivate init(_ scheme: MPPScheme, _ make: @escaping @Sendable (any EventLoop) -> Exchange) async throws {
            let loop = NIOAsyncTestingEventLoop()
            self.scheme = scheme
            self.loop = loop
            exchange = try await loop.executeInContext { NIOLoopBound(make(loop), eventLoop: loop) }
        }

        fileprivate func begin() async throws {
            let decision = try await loop.executeInContext { [scheme, exchange, loop] in
                let exchange = exchange.value
                guard let credential = try scheme.credential(in: exchange).immediate ?? nil else {
                    throw ConformanceFailure("the cookie opens nothing")
                }
                exchange.credential = credential
                return try scheme.redeem(credential, in: exchange).future(on: loop)
            }.get()
            guard case .next = decision else { throw ConformanceFailure("it was answered \(decision)") }
        }

        /// The upstream answers.
        ///
        /// - Throws: what the client gets in place of the answer.
        func answer(_ status: Int, leaves: Bool = false) async throws {
            let hold = try await loop.executeInContext { [scheme, exchange] in
                let exchange = exchange.value
                exchange.wasForwarded = true
                var head = ResponseHead(status: HTTPResponse.Status(code: status))
                scheme.adjust(&head, of: exchange)
                let hold = exchange.takeHold()
                if leaves { scheme.settle(exchange, as: Self.outcome(.clientLeft)) }
                return hold
            }
            try await hold?.get()
        }

        func end(_ end: Outcome.End) async throws {
            try await loop.executeInContext { [scheme, exchange] in
                scheme.settle(exchange.value, as: Self.outcome(end))
            }
        }

        private static func outcome(_ end: Outcome.End) -> Outcome {
            Outcome(end: end, status: nil, requestBytes: 0, responseBytes: 0)
        }
    }
}
