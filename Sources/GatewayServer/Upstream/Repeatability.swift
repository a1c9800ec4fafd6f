/// Whether a request whose upstream failed may be sent again, as far as the connection can tell. The whole of its body must
/// still be there, whatever the connection says.
enum Repeatability {
    /// The upstream may have acted on it.
    case never
    /// The connection had served before and ended without a byte of an answer: most likely it was closed while the
    /// request was under way, and the request was not read (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
    case ifIdempotent
    /// The upstream says that it has not touched the request (RFC 9113 §8.7).
    case always
    /// The same, because the connection takes no more requests (RFC 9113 §6.8).
    case onAnotherConnection

    /// How often a request may be sent again in all. An upstream that ends each connection after so many requests may
    /// have to be asked several times by the last of many at once; one that takes nothing at all is not asked for ever.
    var mostRetries: Int {
        switch self {
        case .never: 0
        case .ifIdempotent, .always: 1
        case .onAnotherConnection: 6
        }
    }
}
