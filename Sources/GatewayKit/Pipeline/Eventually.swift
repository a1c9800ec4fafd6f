public import NIOCore

/// A value that is here now, or that will arrive on the exchange's event loop.
///
/// `map` and `flatMap` run at once on a value that is here, so a chain of answers that are all here costs nothing.
/// All of it must be used on that event loop; the closures may therefore use the exchange.
public enum Eventually<Value: Sendable>: Sendable {
    case now(Value)
    case later(EventLoopFuture<Value>)

    public func map<Result: Sendable>(_ transform: @escaping (Value) throws -> Result) rethrows -> Eventually<Result> {
        switch self {
        case .now(let value):
            return .now(try transform(value))
        case .later(let future):
            return .later(future.assumeIsolated().flatMapThrowing { try transform($0) }.nonisolated())
        }
    }

    public func flatMap<Result: Sendable>(
        _ transform: @escaping (Value) throws -> Eventually<Result>
    ) rethrows -> Eventually<Result> {
        switch self {
        case .now(let value):
            return try transform(value)
        case .later(let future):
            let loop = future.eventLoop
            return .later(
                future.assumeIsolated().flatMap { value in
                    do {
                        return try transform(value).future(on: loop)
                    } catch {
                        return loop.makeFailedFuture(error)
                    }
                }.nonisolated()
            )
        }
    }

    /// Turns a failure that is still to come into a value; what throws at once is the caller's to catch.
    public func recover(_ transform: @escaping (any Error) throws -> Value) -> Eventually<Value> {
        switch self {
        case .now:
            return self
        case .later(let future):
            return .later(
                future.assumeIsolated().flatMapErrorThrowing { try transform($0) }.nonisolated()
            )
        }
    }

    /// Runs `body` exactly once: now, or on the event loop when the value arrives.
    public func whenComplete(_ body: @escaping (Result<Value, any Error>) -> Void) {
        switch self {
        case .now(let value): body(.success(value))
        case .later(let future): future.assumeIsolated().whenComplete(body)
        }
    }

    public func future(on eventLoop: any EventLoop) -> EventLoopFuture<Value> {
        switch self {
        case .now(let value): eventLoop.makeSucceededFuture(value)
        case .later(let future): future
        }
    }
}
