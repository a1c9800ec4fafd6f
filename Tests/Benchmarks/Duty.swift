/// What a program is asked to do in a scenario.
struct Duty {
    enum Front {
        /// HTTP/1.1 in clear text.
        case http1
        /// HTTP/1.1 or HTTP/2 over TLS, as the client chooses.
        case tls
        /// HTTP/2 in clear text, with prior knowledge.
        case h2c
    }

    enum Upstream {
        case http, grpc
        /// A service that the scenario itself runs.
        case own(port: Int)
    }

    var front = Front.http1
    var upstream = Upstream.http
    /// Only Sluice: the route is sold, and the load presents a token that was paid for.
    var isPaid = false
    /// The route sells bundles that requests draw from.
    var isMetered = false
    /// Only Sluice: the route has this price, as the policy writes it, and the load presents nothing.
    var price: String?
}
