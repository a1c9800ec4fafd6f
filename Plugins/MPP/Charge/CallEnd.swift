package import GatewayKit
internal import HTTPTypes
package import NIOCore

/// Learns at the end of a gRPC response whether its call gave its client anything (gRPC over HTTP/2, "Responses"). One that
/// failed before its first message did not, which is told before the client learns of it.
///
/// One that fails later has given something, and its client may have brought that about: by a deadline of its own, or by a
/// last message that is none.
package final class CallEnd: ResponseFilter {
    package let keepsLength = true
    /// True when something of a message has come.
    package private(set) var hasMessage = false
    private let gaveNothing: () -> Eventually<Void>

    /// - Parameter gaveNothing: called at most once.
    package init(gaveNothing: @escaping () -> Eventually<Void>) {
        self.gaveNothing = gaveNothing
    }

    /// True for a response whose end says what became of its call. Of one that another proxy serves nothing is seen here; and
    /// what is no response of gRPC, whatever its request calls itself, may give all that was paid for in its head.
    package static func tells(_ response: ResponseHead, of exchange: Exchange) -> Bool {
        guard exchange.request.isGRPC, !exchange.isServedElsewhere, response.status.code == 200,
            response.fields.firstIndex(of: .grpcStatus) == nil, let type = response.fields[.contentType]
        else { return false }
        return type.lowercased().hasPrefix("application/grpc")
    }

    /// True where these fields say that a call has failed.
    static func hasFailed(_ fields: Fields) -> Bool {
        fields[.grpcStatus].map { $0 != "0" } ?? false
    }

    package func passage(of part: ByteBuffer, to outlet: any ResponseOutlet) -> Eventually<ByteBuffer> {
        if part.readableBytes > 0 { hasMessage = true }
        return .now(part)
    }

    package func trailers(after trailers: Fields, to outlet: any ResponseOutlet) -> Eventually<Fields> {
        // Without a status it has failed as well: its client makes one up.
        guard !hasMessage, trailers[.grpcStatus] != "0" else { return .now(trailers) }
        return gaveNothing().map { trailers }
    }
}
