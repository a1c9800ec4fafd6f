package import GatewayKit

/// Which of the open listeners go on as which of those that are wanted: first where nothing changes, then where the
/// address stays. Port 0 is an address of its own: any port will do, so that an open one does.
package struct ListenerChange: Sendable, Hashable {
    /// By index of what is wanted: the index of what is open. What is not in it must be opened.
    package private(set) var kept: [Int: Int] = [:]
    /// Indices of what is open and no longer wanted.
    package private(set) var removed: [Int]

    package init(from open: [ListenerSettings], to wanted: [ListenerSettings]) {
        removed = Array(open.indices)
        keep(wanted) { open[$1] == wanted[$0] }
        keep(wanted) { open[$1].address == wanted[$0].address }
    }

    private mutating func keep(_ wanted: [ListenerSettings], where isSame: (Int, Int) -> Bool) {
        for index in wanted.indices where kept[index] == nil {
            guard let position = removed.firstIndex(where: { isSame(index, $0) }) else { continue }
            kept[index] = removed.remove(at: position)
        }
    }
}
