internal import GatewayKit

/// Who is at the other end of a client connection, as far as the connection and trusted proxies tell.
struct Peer {
    /// Whom stages see, unless a trusted proxy reports somebody else.
    private let client: Client
    let forwarded: ForwardedClient
    private let trustedProxies: [Network]

    /// - Parameters:
    ///   - address: `nil` on a Unix socket.
    ///   - isTrusted: what the peer reports in `X-Forwarded-For` is believed.
    init(address: IPAddress?, isTrusted: Bool, trustedProxies: [Network]) {
        client = Client(address: address, isBehindTrustedProxy: isTrusted)
        forwarded = ForwardedClient(peer: address, isTrusted: isTrusted)
        self.trustedProxies = trustedProxies
    }

    /// The peer itself, or the last address of `X-Forwarded-For` that is not itself a trusted proxy.
    func client(of request: RequestHead) -> Client {
        guard client.isBehindTrustedProxy else { return client }
        let fields = request.fields
        for index in fields.lines.indices.reversed() where fields.lines[index].known == .xForwardedFor {
            for hop in fields.value(at: index).split(separator: ",").reversed() {
                guard let address = IPAddress(String(hop.trimmingSpaces)) else { return client }
                if !trustedProxies.contains(where: { $0.contains(address) }) {
                    return Client(address: address, isBehindTrustedProxy: true)
                }
            }
        }
        return client
    }
}
