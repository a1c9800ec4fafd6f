internal import NIOConcurrencyHelpers

/// One relay, as long as it is followed: connects, and connects again after a failure.
final class NostrRelay: Sendable {
    let address: WebSocketAddress
    private let limits: WebSocketLimits
    private let pauses: Pauses
    private let socket = NIOLockedValueBox<WebSocket?>(nil)

    init(_ address: WebSocketAddress, limits: WebSocketLimits, pauses: Pauses) {
        self.address = address
        self.limits = limits
        self.pauses = pauses
    }

    /// Returns when its task is cancelled, and not before. To be called once.
    ///
    /// - Parameter hear: called one after the other; true where the relay has turned out to serve.
    func follow(_ hear: @Sendable (RelayNews) -> Bool) async {
        var pauses = pauses
        while !Task.isCancelled {
            do {
                let socket = try await WebSocket.connect(to: address, limits: limits)
                self.socket.withLockedValue { $0 = socket }
                defer {
                    self.socket.withLockedValue { $0 = nil }
                    socket.close()
                }
                _ = hear(.connected)
                for try await text in socket.texts {
                    guard let message = try? RelayMessage(parsing: text) else { continue }
                    if hear(.message(message)) { pauses = self.pauses }
                }
                _ = hear(.lost("following it has ended"))
            } catch {
                _ = hear(.lost("\(error)"))
            }
            try? await Task.sleep(for: pauses.next())
        }
    }

    /// - Returns: false where it was not sent.
    func send(_ request: RelayRequest) -> Bool {
        socket.withLockedValue { $0 }?.send(request.text) ?? false
    }

    /// Ends the connection; it connects again.
    func drop() {
        socket.withLockedValue { $0 }?.close()
    }
}
