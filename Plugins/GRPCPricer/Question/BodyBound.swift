package import GatewayKit
internal import NIOCore

/// How much of a request's body a price server is shown.
package struct BodyBound: Sendable, Hashable {
    /// What Aperture shows.
    package static let usual = BodyBound(.kibibytes(64))
    /// Servers of gRPC take messages of 4 MiB, unless they are told otherwise.
    static let longest = ByteCount.mebibytes(3)

    let limit: ByteCount

    package init(_ limit: ByteCount) {
        self.limit = limit
    }

    /// `body: 64 KiB`; 0 B shows none of it, and nothing waits for it.
    init(from settings: inout PolicyReader) {
        self.init(settings.byteCount("body", or: Self.usual.limit))
        if limit > Self.longest {
            settings.note(settings.error(at: "body", "should be at most \(Self.longest): price servers take no more"))
        }
    }

    /// False for a body that is no text, or that may never end: a call of gRPC.
    func isShown(of request: RequestHead) -> Bool {
        limit > ByteCount(0) && !request.isGRPC
    }

    /// The beginning of the body.
    func beginning(of exchange: Exchange) -> Eventually<ByteBuffer> {
        guard isShown(of: exchange.request), exchange.request.body != .none else {
            return .now(ByteBuffer())
        }
        // Without the credential that a call of JSON-RPC carries in its body.
        if let body = exchange.edits.body {
            return .now(body.getSlice(at: body.readerIndex, length: min(body.readableBytes, limit.bytes)) ?? body)
        }
        return exchange.bodyPrefix(upTo: limit)
    }
}
