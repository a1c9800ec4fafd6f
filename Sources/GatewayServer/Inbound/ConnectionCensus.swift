package import GatewayKit
internal import NIOConcurrencyHelpers

/// Counts the connections of one listener, in all and by the block of the client's address, on all event loops.
package final class ConnectionCensus: Sendable {
    private struct State {
        var total = 0
        var byBlock: [IPAddress: Int] = [:]
    }

    private let most: Int
    private let mostPerAddress: Int
    private let state = NIOLockedValueBox(State())

    package init(_ settings: ListenerSettings) {
        most = settings.maxConnections ?? ListenerSettings.usualConnections
        mostPerAddress = settings.maxConnectionsPerAddress
    }

    /// - Parameter address: `nil` where addresses are not counted: a trusted proxy, a Unix socket.
    /// - Returns: false when the connection is one too many; it is not counted then.
    package func enter(_ address: IPAddress?) -> Bool {
        state.withLockedValue { state in
            let block = address?.block
            let same = block.map { state.byBlock[$0, default: 0] } ?? 0
            guard state.total < most, same < mostPerAddress else { return false }
            state.total += 1
            if let block { state.byBlock[block] = same + 1 }
            return true
        }
    }

    package func leave(_ address: IPAddress?) {
        state.withLockedValue { state in
            state.total -= 1
            guard let block = address?.block, let same = state.byBlock[block] else { return }
            state.byBlock[block] = same > 1 ? same - 1 : nil
        }
    }
}
