internal import NIOConcurrencyHelpers
internal import NIOSSL

/// One relay, as long as it is followed: connects, and connects again after a failure.
final class NostrRelay: Sendable {
    let address: WebSocketAddress
    private let limits: WebSocketLimits
    private let delay: ReconnectDelay
    private let roots: NIOSSLTrustRoots?
    private let socket = NIOLockedValueBox<WebSocket?>(nil)

    /// - Parameter roots: whose certificates are trusted; `nil`: what this system trusts.
    init(_ address: WebSocketAddress, limits: WebSocketLimits, delay: ReconnectDelay, roots: NIOSSLTrustRoots?) {
        self.address = address
        self.limits = limits
        self.delay = delay
        self.roots = roots
    }

    /// Returns when its task is cancelled, and not before. To be called once.
    ///
    /// - Parameter hear: called one after the other.
    func follow(_ hear: @Sendable (RelayNews) -> Void) async {
        var delay = delay
        while !Task.isCancelled {
            do {
                let socket = try await WebSocket.connect(to: address, limits: limits, roots: roots)
                self.socket.withLockedValue { $0 = socket }
                defer {
                    self.socket.withLockedValue { $0 = nil }
                    socket.close()
                }
                hear(.connected)
                for try await text in socket.texts {
                    // A relay that speaks is there; one that only takes connections is not.
                    delay.succeed()
                    guard let message = try? RelayMessage(parsing: text) else { continue }
                    hear(.message(message))
                }
                hear(.lost("following it has ended"))
            } catch {
                hear(.lost("\(error)"))
            }
            try? await Task.sleep(for: delay.next())
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
