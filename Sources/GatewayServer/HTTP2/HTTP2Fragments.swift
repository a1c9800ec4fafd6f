internal import NIOCore

/// The parts of a header block that have come (RFC 9113 §4.3).
struct HTTP2Fragments {
    let stream: UInt32
    let endsStream: Bool
    var block: ByteBuffer
    /// CONTINUATION frames so far.
    var frames = 0
}
