/// Something that opens files or connections: not when it is made, so that a policy can be checked without, but when it is started.
public protocol Startable: Sendable {
    /// - Throws: what keeps the gateway from starting, as a `StartFailure` where the operator can do something about it.
    func start() async throws
    /// Writes out what is still to be written. Called once, after the last exchange.
    func stop() async
    /// What it serves itself, once it has started.
    var localServices: [LocalService] { get }
}

extension Startable {
    public var localServices: [LocalService] { [] }
    public func start() async throws {}
    public func stop() async {}
}

/// A reason not to start, in one line for the operator.
public struct StartFailure: Error, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
