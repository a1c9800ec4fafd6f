internal import GatewayKit

/// Whether an offer may be made to a client: not over plain HTTP, where others read the proof of payment (core draft,
/// "Transport Security").
enum PlainHTTP {
    /// True over TLS, behind a trusted proxy that does not say that it was reached without, and on this machine.
    static func mayOffer(in exchange: Exchange) -> Bool {
        let request = exchange.request
        if exchange.client.isBehindTrustedProxy {
            // The nearest proxy's word is the last.
            guard let index = request.fields.lines.lastIndex(where: { $0.known == .xForwardedProto }) else {
                return true
            }
            let last = request.fields.value(at: index).split(separator: ",").last ?? ""
            return last.filter { $0 != " " && $0 != "\t" }.lowercased() != "http"
        }
        if request.scheme == "https" { return true }
        // No address: a Unix socket.
        return exchange.client.address?.isLoopback ?? true
    }
}
