internal import HTTPTypes

extension Outcome {
    /// True when the service behind the gateway certainly saw nothing of the request: no connection could be had, a
    /// later stage refused it, or it ended before that.
    public func isUnserved(_ exchange: Exchange) -> Bool {
        switch end {
        case .upstreamFailed(.unreachable), .upstreamFailed(.busy): true
        // No connection came to stand in time, for one; or the client left while a stage decided.
        case .replied, .upstreamFailed, .clientLeft, .drained:
            !exchange.wasForwarded && (exchange.repliedStatus ?? status).map { $0.code >= 400 } ?? true
        case .answered, .cut: false
        }
    }

    /// True when the client got nothing for its request, and not because it went away: the service saw nothing of it,
    /// failed before its response began, or answered 5xx.
    ///
    /// A client that leaves a request behind which was forwarded has used it. What fails behind the head of a response is
    /// served: some of it has arrived. So is a gRPC call whose trailers tell of a failure.
    public func isFailed(_ exchange: Exchange) -> Bool {
        if isUnserved(exchange) { return true }
        guard let status = exchange.repliedStatus ?? status else { return end != .clientLeft || !exchange.wasForwarded }
        return status.code >= 500
    }
}
