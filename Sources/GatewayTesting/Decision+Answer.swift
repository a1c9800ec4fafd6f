public import GatewayKit
public import NIOCore
internal import NIOEmbedded

/// Runs work on an event loop that tasks may answer to, and waits for what comes of it: for stages that must wait.
public func answered<Value: Sendable>(
    _ work: @Sendable @escaping (any EventLoop) throws -> Eventually<Value>
) async throws -> Value {
    let loop = NIOAsyncTestingEventLoop()
    return try await loop.executeInContext { try work(loop).future(on: loop) }.get()
}

extension Decision {
    public var isNext: Bool {
        if case .next = self { true } else { false }
    }

    /// `nil` unless it is one.
    public var reply: Reply? {
        if case .reply(let reply) = self { reply } else { nil }
    }

    /// The upstream's name; `nil` unless it is forwarded.
    public var upstream: String? {
        if case .forward(let upstream) = self { upstream.name } else { nil }
    }
}

extension Stage {
    /// The decision of a stage that answers at once; `nil` for one that must wait.
    public func decision(about exchange: Exchange) throws -> Decision? {
        guard case .now(let decision) = try admit(exchange) else { return nil }
        return decision
    }
}
