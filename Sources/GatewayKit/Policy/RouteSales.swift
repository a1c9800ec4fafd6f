internal import NIOConcurrencyHelpers

/// What the `auth` of a route sells, for the stages behind it: they are made after it. May be used from any thread.
public final class RouteSales: Sendable {
    private let noted = NIOLockedValueBox<[Sale]>([])

    public init() {}

    public var all: [Sale] { noted.withLockedValue { $0 } }

    public func note(_ sales: [Sale]) {
        noted.withLockedValue { $0 += sales }
    }

    /// The tier that a scheme sells here; 0, the lowest, where it sells none.
    public func tier(of scheme: String) -> Int {
        all.first { $0.scheme == scheme }?.tier ?? 0
    }
}
