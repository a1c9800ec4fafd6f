internal import GatewayKit
internal import NIOConcurrencyHelpers

/// What phoenixd tells by its WebSocket, heard as a ring: whatever it says, the gateway asks what has arrived. Where there is
/// no connection the gateway asks as often as it does anyway.
package final class PhoenixdEvents: Sendable {
    private let address: WebSocketAddress
    private let authorities: NodeAuthorities?
    private let authorization: Secret
    private let ring: @Sendable () -> Void
    private let listening = NIOLockedValueBox<Task<Void, Never>?>(nil)

    /// - Parameters:
    ///   - address: of its WebSocket.
    ///   - authorities: as for its HTTP interface.
    ///   - authorization: the value of the field of that name.
    ///   - ring: is called for each text, from any task.
    package init(
        at address: WebSocketAddress,
        trusting authorities: NodeAuthorities? = nil,
        authorization: String,
        ring: @escaping @Sendable () -> Void
    ) {
        self.address = address
        self.authorities = authorities
        self.authorization = Secret(authorization)
        self.ring = ring
    }

    /// Connects in the background, and again where the connection ends.
    package func start() {
        listening.withLockedValue { listening in
            guard listening == nil else { return }
            listening = Task { [address, authorities, authorization, ring] in
                var pauses = Pauses()
                while !Task.isCancelled {
                    if await Self.listen(at: address, authorities, authorization, ring) { pauses = Pauses() }
                    guard (try? await Task.sleep(for: pauses.next())) != nil else { return }
                }
            }
        }
    }

    /// Does not wait: a handshake that is under way ends by its own limit, and is heard by nobody.
    package func stop() {
        listening.withLockedValue { listening in
            listening?.cancel()
            listening = nil
        }
    }

    /// Returns when there is no connection any more.
    ///
    /// - Returns: false where there was none.
    private static func listen(
        at address: WebSocketAddress,
        _ authorities: NodeAuthorities?,
        _ authorization: Secret,
        _ ring: @Sendable () -> Void
    ) async -> Bool {
        let fields = [(name: "Authorization", value: authorization.text)]
        guard let socket = try? await WebSocket.connect(to: address, fields: fields, authorities: authorities) else {
            return false
        }
        defer { socket.close() }
        // What arrived before was not told.
        ring()
        do {
            for try await _ in socket.texts { ring() }
        } catch {}
        return true
    }
}
