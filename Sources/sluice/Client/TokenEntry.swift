internal import GatewayKit
internal import L402
internal import MPP

/// A token in the file: with a preimage when it is paid, with an invoice while it is not known to be. Or an offer for one
/// answer, which is there until the answer has come.
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
    /// Of an offer for one answer: its `WWW-Authenticate` line. `token` is the challenge's id then.
    var challenge: String?
    /// Of an offer for one answer: what is asked for.
    var request: String?
    /// Of an offer for one answer: the process that was buying it.
    var owner: Int32?

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

    /// - Throws: when the challenge cannot be written.
    init(_ charge: PendingCharge, owner: Int32) throws {
        origin = charge.origin
        service = ""
        token = charge.challenge.id
        paths = []
        invoice = charge.invoice
        paymentHash = charge.payment.description
        preimage = charge.preimage?.bytes.hex
        challenge = try charge.challenge.line()
        request = charge.request
        self.owner = owner
    }

    /// `nil` for a token.
    var charge: PendingCharge? {
        guard let challenge = challenge.flatMap({ try? ChallengeLine.challenge($0) }), let request, let invoice,
            let payment = paymentHash.flatMap({ Bytes32(hex: $0) })
        else { return nil }
        return PendingCharge(
            origin: origin,
            request: request,
            challenge: challenge,
            invoice: invoice,
            payment: PaymentHash(payment),
            preimage: preimage.flatMap { Bytes32(hex: $0) }.map { Preimage($0) }
        )
    }

    /// True for an offer for one answer.
    var isCharge: Bool { challenge != nil }

    /// `nil` while it is pending.
    var paid: L402Token? {
        isCharge ? nil : preimage.flatMap { Bytes32(hex: $0) }.map { L402Token(token: token, preimage: Preimage($0)) }
    }

    /// `nil` once it is paid.
    var pending: PendingToken? {
        guard !isCharge, preimage == nil, let path = paths.first, let invoice,
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
