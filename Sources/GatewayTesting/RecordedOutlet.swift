public import GatewayKit
public import NIOCore

/// Writes down what a filter sends. Belongs to one thread, as filters do.
public final class RecordedOutlet: ResponseOutlet {
    public enum End: Sendable, Equatable {
        case whole
        case cut
    }

    public private(set) var sent = ByteBuffer()
    /// How the filter ended the response, if it did.
    public private(set) var end: End?
    public var isWritable = true

    public init() {}

    /// What was sent, as text.
    public var text: String { String(buffer: sent) }

    public func send(_ bytes: ByteBuffer) {
        guard end == nil else { return }
        sent.writeImmutableBuffer(bytes)
    }

    public func end(trailers: Fields) { end = end ?? .whole }
    public func cut() { end = end ?? .cut }
}
