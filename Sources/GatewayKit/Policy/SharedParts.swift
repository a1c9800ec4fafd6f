internal import NIOConcurrencyHelpers

/// What the plugins of one policy share, and what runs beside their exchanges: one of each type. Started after the store and
/// the node, and stopped before them.
public final class SharedParts: Sendable {
    private let inherited: [any Startable]
    private let parts = NIOLockedValueBox<[any Startable]>([])

    public init() {
        inherited = []
    }

    /// For a policy that takes the place of another one, whose parts go on in it.
    package init(after earlier: SharedParts) {
        inherited = earlier.all
    }

    /// In the order in which they were asked for first.
    public var all: [any Startable] { inherited + added }

    /// Those that no earlier policy had: what is still to be started.
    package var added: [any Startable] { parts.withLockedValue { $0 } }

    /// The one of this type, which is made on first use. `make` asks for no other part.
    public func part<Part: Startable>(_ type: Part.Type = Part.self, orMake make: () -> Part) -> Part {
        for case let part as Part in inherited { return part }
        return parts.withLockedValue { parts in
            for case let part as Part in parts { return part }
            let part = make()
            parts.append(part)
            return part
        }
    }
}
