package import GatewayKit

/// What a server may send, and how long it may be silent.
package struct WebSocketLimits: Sendable {
    /// One message, in all of its fragments. A page of a wallet's transactions has some tens of KiB (NIP-47, "Metadata").
    package var longestMessage = ByteCount.mebibytes(1)
    package var mostFragments = 64
    /// Messages that wait to be read; a server that sends more is left.
    package var mostWaiting = 1_024
    /// The same of their bytes.
    package var longestWaiting = ByteCount.mebibytes(16)
    /// For the connection, and once more for the handshakes.
    package var connecting = Duration.seconds(10)
    /// After so long without a word the server is sent a ping; after as long again it is left.
    package var silence = Duration.seconds(30)

    package init() {}
}
