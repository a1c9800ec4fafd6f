internal import GatewayKit
internal import L402

/// A token in the file: with a preimage when it is paid, with an invoice while it is not known to be.
struct TokenEntry: Codable, Equatable {
    /// `http://host:port`, in lower case.
    var origin: String
    /// Of the token's `services` caveat; empty when it has none.
    var service: String
    var token: String
    /// The paths that it opened, so that the next request presents it at once; of a pending one, that it is bought for.
    var paths: [String]
    /// Hexadecimal.
    var preimage: String?
    /// BOLT 11.
    var invoice: String?
    /// Hexadecimal.
    var paymentHash: String?

    init(_ token: L402Token, origin: String, service: String, paths: [String]) {
        self.origin = origin
        self.service = service
        self.token = token.token
        self.paths = paths
        preimage = token.preimage.bytes.hex
    }

    init(_ pending: PendingToken) {
        origin = pending.origin
        service = pending.service
        token = pending.token
        paths = [pending.path]
        invoice = pending.invoice
        paymentHash = pending.payment.description
    }

    /// `nil` while it is pending.
    var paid: L402Token? {
        preimage.flatMap { Bytes32(hex: $0) }.map { L402Token(token: token, preimage: Preimage($0)) }
    }

    /// `nil` once it is paid.
    var pending: PendingToken? {
        guard preimage == nil, let path = paths.first, let invoice,
            let payment = paymentHash.flatMap({ Bytes32(hex: $0) })
        else { return nil }
        return PendingToken(
            origin: origin,
            service: service,
            path: path,
            token: token,
            invoice: invoice,
            payment: PaymentHash(payment)
        )
    }
}
