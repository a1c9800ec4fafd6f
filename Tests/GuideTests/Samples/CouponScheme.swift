import GatewayKit

/// `{ use: coupon, code: !env COUPON }`: `Authorization: Coupon CODE` opens a route without a payment.
struct CouponScheme: AuthScheme, Plugin {
    static let word = "coupon"
    static let carriesCaveats = false

    private let code: Secret?

    init(from settings: inout PolicyReader, _ services: Services) {
        code = settings.secret("code")
    }

    var takesPayments: Bool { false }

    /// Keeps coupons from the upstream, on every route, whether they count or not.
    static func conceal(in exchange: Exchange) {
        for line in coupons(in: exchange) {
            exchange.edits.removeLine(line)
        }
    }

    func credential(in exchange: Exchange) throws -> Eventually<Credential?> {
        guard let line = Self.coupons(in: exchange).first, let code else { return .now(nil) }
        let shown = exchange.request.fields.value(at: line).dropFirst("coupon ".count)
        guard Self.isEqual(shown.utf8, code.text.utf8) else {
            throw Rejection(.signature, "there is no such coupon")
        }
        // What is revoked, rate limited and counted: all who show the coupon are one.
        return .now(Credential(scheme: Self.word, id: CredentialID(.zero), payment: PaymentHash(.zero), caveats: []))
    }

    func challenge(for quote: Quote, in exchange: Exchange) -> Eventually<Challenge> {
        .now(challenge(in: exchange))
    }

    func challenge(in exchange: Exchange) -> Challenge {
        Challenge(lines: ["Coupon realm=\"\(exchange.route.service)\""])
    }

    private static func coupons(in exchange: Exchange) -> [Int] {
        let fields = exchange.request.fields
        return fields.indices(of: .authorization).filter { fields.value(at: $0).lowercased().hasPrefix("coupon ") }
    }

    /// Takes as long for a code that is right in its first half as for one that is not.
    private static func isEqual(_ shown: Substring.UTF8View, _ code: String.UTF8View) -> Bool {
        shown.count == code.count && zip(shown, code).reduce(0) { $0 | $1.0 ^ $1.1 } == 0
    }
}
