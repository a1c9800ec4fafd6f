package import GatewayKit
internal import HTTPTypes

extension Outcome {
    /// True when the service behind the gateway certainly saw nothing of the request: no connection could be had, or a
    /// later stage refused it.
    package func isUnserved(_ exchange: Exchange) -> Bool {
        switch end {
        case .upstreamFailed(.unreachable), .upstreamFailed(.busy): true
        // No connection came to stand in time, for one.
        case .replied, .upstreamFailed:
            !exchange.wasForwarded && (exchange.repliedStatus ?? status).map { $0.code >= 400 } ?? true
        case .answered, .clientLeft, .drained, .cut: false
        }
    }
}
