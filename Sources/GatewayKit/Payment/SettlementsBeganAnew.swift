/// What ends a stream of settlements that cannot go on where it stood. The node does not know what it told of last: it was made
/// anew, or another one has taken its place, and it counts from the start again. Or it does not say where it stands
/// (``SettlementCursor/next``). Whoever follows it begins anew, too, as at the first time.
public struct SettlementsBeganAnew: Error, Hashable {
    /// The one of several nodes that did; `nil` where there is one.
    public let node: String?

    public init(node: String? = nil) {
        self.node = node
    }
}

extension SettlementsBeganAnew: CustomStringConvertible {
    public var description: String {
        let node = node.map { "the node '\($0)'" } ?? "the node"
        return "\(node) does not know what it told of last, or does not say where it stands: was it made anew?"
    }
}
