/// What a connection knows of one stream that is not closed (RFC 9113 §5.1, §5.2).
struct HTTP2StreamState {
    /// Bytes that may be sent; below zero after the peer lowered its initial window.
    var sendWindow: Int
    /// Bytes that the peer may still send.
    var receiveWindow: Int
    /// Received and not yet consumed by whoever reads the stream.
    var unconsumed = 0
    /// Consumed and not yet given back to the peer in a WINDOW_UPDATE.
    var uncredited = 0
    var isLocalOpen = true
    var isRemoteOpen = true
    /// A head was sent on it.
    var isKnownToPeer = false
    /// The final head has come: what follows is the body, then perhaps trailers.
    var hasHead = false

    init(sendWindow: Int, receiveWindow: Int) {
        self.sendWindow = sendWindow
        self.receiveWindow = receiveWindow
    }
}
