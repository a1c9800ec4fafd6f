internal import GatewayKit
internal import NIOConcurrencyHelpers

/// Counts the connections of one listener, in all and by client address, on all event loops.
final class ConnectionCensus: Sendable {
    private struct State {
        var total = 0
        var byAddress: [IPAddress: Int] = [:]
    }

    private let most: Int
    private let mostPerAddress: Int
    private let state = NIOLockedValueBox(State())

    init(_ settings: ListenerSettings) {
        most = settings.maxConnections ?? ListenerSettings.usualConnections
        mostPerAddress = settings.maxConnectionsPerAddress
    }

    /// - Parameter address: `nil` where addresses are not counted: a trusted proxy, a Unix socket.
    /// - Returns: false when the connection is one too many; it is not counted then.
    func enter(_ address: IPAddress?) -> Bool {
        state.withLockedValue { state in
            let same = address.map { state.byAddress[$0, default: 0] } ?? 0
            guard state.total < most, same < mostPerAddress else { return false }
            state.total += 1
            if let address { state.byAddress[address] = same + 1 }
            return true
        }
    }

    func leave(_ address: IPAddress?) {
        state.withLockedValue { state in
            state.total -= 1
            guard let address, let same = state.byAddress[address] else { return }
            state.byAddress[address] = same > 1 ? same - 1 : nil
        }
    }
}
