internal import GRPCNIOTransportHTTP2Posix
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// The sockets of a gRPC server, for what the server does not do itself: to take no further connection before it stops, and to
/// end those that are open.
final class ServerChannels: Sendable {
    private struct State {
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
    }

    static var group: MultiThreadedEventLoopGroup { .singleton }

    private let state = NIOLockedValueBox(State())

    /// To be told of each socket by the server.
    var callbacks: HTTP2ServerTransport.Config.ChannelDebuggingCallbacks {
        HTTP2ServerTransport.Config.ChannelDebuggingCallbacks(
            onBindTCPListener: { [state] channel in
                state.withLockedValue { $0.listener = channel }
                return channel.eventLoop.makeSucceededVoidFuture()
            },
            onAcceptTCPConnection: { [state] channel in
                let id = ObjectIdentifier(channel)
                state.withLockedValue { $0.connections[id] = channel }
                channel.closeFuture.whenComplete { _ in
                    state.withLockedValue { $0.connections[id] = nil }
                }
                return channel.eventLoop.makeSucceededVoidFuture()
            },
            onAcceptHTTP2Stream: nil
        )
    }

    /// Takes no further connection, and returns when the server has all that were taken.
    func stopAccepting() async {
        let listener = state.withLockedValue { state in
            defer { state.listener = nil }
            return state.listener
        }
        guard let listener else { return }
        try? await listener.setOption(.autoRead, value: false).get()
        // On its way to the server a connection is handed to its own event loop and back twice: once by the bootstrap, once
        // by the server's own listener.
        for _ in 0..<2 {
            for loop in Self.group.makeIterator() {
                try? await loop.submit {}.get()
            }
            try? await listener.eventLoop.submit {}.get()
        }
    }

    /// Ends the connections that are open, and with them their calls.
    func close() {
        for channel in state.withLockedValue({ Array($0.connections.values) }) {
            channel.close(promise: nil)
        }
    }
}
