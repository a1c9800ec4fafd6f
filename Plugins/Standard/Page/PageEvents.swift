internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Tells one page when its payment arrives: server-sent events (HTML standard, "Server-sent events").
///
/// Asks the store twice a second, which costs the node nothing, and the node itself now and then where it may hold the
/// payment. Says a word every ten seconds, so that a page that is gone is noticed.
final class PageEvents: BodyStream {
    private static let interval = Duration.milliseconds(500)
    private static let questionsPerWord = 20
    /// So many questions to the store for one to the node.
    private static let questionsPerState = 5
    /// A payment that was under way when its invoice expired may still arrive.
    private static let patience = Duration.seconds(120)

    private enum Phase {
        case new, waiting, ended
    }

    private let payment: PaymentHash
    private let store: any Store
    private let isHeld: @Sendable () async -> Bool
    private let time: TimeSource
    private let phase = NIOLockedValueBox(Phase.new)
    private let whenGone: @Sendable () -> Void

    /// - Parameters:
    ///   - isHeld: asks the node whether it holds the payment.
    ///   - whenGone: called once, when nobody reads it any more.
    init(
        payment: PaymentHash,
        store: any Store,
        time: TimeSource,
        isHeld: @escaping @Sendable () async -> Bool,
        whenGone: @escaping @Sendable () -> Void
    ) {
        self.payment = payment
        self.store = store
        self.isHeld = isHeld
        self.time = time
        self.whenGone = whenGone
    }

    deinit {
        whenGone()
    }

    func next(on eventLoop: any EventLoop) -> Eventually<ByteBuffer?> {
        let before = phase.withLockedValue { phase in
            defer { if case .new = phase { phase = .waiting } }
            return phase
        }
        switch before {
        case .new: return .now(ByteBuffer(string: ": waiting\n\n"))
        case .ended: return .now(nil)
        case .waiting: return .later(eventLoop.makeFutureWithTask { try await self.word() })
        }
    }

    private func word() async throws -> ByteBuffer {
        for question in 0..<Self.questionsPerWord {
            let issued = try await store.invoice(payment)
            if issued?.state == .settled { return end("settled") }
            if let issued, issued.invoice.expiresAt.advanced(by: Self.patience) < time.now() { return end("expired") }
            if question % Self.questionsPerState == 0, await isHeld() { return end("held") }
            try await Task.sleep(for: Self.interval)
        }
        return ByteBuffer(string: ": waiting\n\n")
    }

    private func end(_ event: String) -> ByteBuffer {
        phase.withLockedValue { $0 = .ended }
        return ByteBuffer(string: "event: \(event)\ndata: \(event)\n\n")
    }
}
