internal import GatewayKit
internal import GatewayPolicy
internal import HTTPTypes

/// What a plan sells, made from it once: all that discovery says has its source here. Routes without a price are nobody's
/// business, and are not in it.
struct DiscoveryCatalog: Sendable {
    struct Entry: Sendable {
        let host: HostPattern
        /// As the policy writes it: `/v1/*`; `nil` for a regular expression.
        let path: String?
        /// Empty: every method.
        let methods: [HTTPRequest.Method]
        /// What the body is to call; `nil`: it is not looked at.
        let call: CallPattern?
        /// Not for all such requests. For which, is not told: it may be a secret.
        let isConditional: Bool
        let service: String
        let offer: PlannedOffer

        /// Those that documents list where a route has any: they have no word for all.
        var listedMethods: [String] { methods.isEmpty ? ["GET", "POST"] : methods.map(\.rawValue) }

        /// In its own unit: whole satoshis, rounded up, as the wire of the payment scheme has it, or another currency, of
        /// which the 402 says how many satoshis it is worth. Amount `nil`: the 402 says.
        var listedPrice: (amount: String?, currency: String) {
            switch offer.price {
            case .fixed(let amount): ("\(amount.satoshisRoundedUp)", "sat")
            case .fiat(let amount): (amount.number.description, amount.currency.code)
            case .bundle, .asked: (nil, "sat")
            }
        }

        /// `nil`: the 402 says. Beside an offer in whole satoshis all offers are: they share one invoice.
        var millisatoshis: UInt64? {
            guard case .fixed(let amount) = offer.price else { return nil }
            guard !offer.intents.isEmpty else { return amount.millisatoshis }
            return Amount.satoshis(amount.satoshisRoundedUp)?.millisatoshis
        }
    }

    /// The most specific host first.
    private let entries: [Entry]

    init(_ plan: Plan) {
        let entries = plan.routes.compactMap { planned in
            planned.offer.map { offer in
                Entry(
                    host: planned.match.host,
                    path: Self.path(of: planned.match.path),
                    methods: planned.match.methods,
                    call: planned.match.call,
                    isConditional: planned.match.when != nil,
                    service: planned.route.service,
                    offer: offer
                )
            }
        }
        self.entries = [0, 1, 2].flatMap { rank in entries.filter { Self.rank($0.host) == rank } }
    }

    /// What is sold on the host of a request.
    func entries(for request: RequestHead) -> [Entry] {
        let host = request.host.hasSuffix(".") ? String(request.host.dropLast()) : request.host
        return entries.filter { entry in
            switch entry.host {
            case .any: true
            case .exact(let name): name == host
            case .below(let name): host.hasSuffix(".\(name)")
            }
        }
    }

    private static func rank(_ host: HostPattern) -> Int {
        switch host {
        case .exact: 0
        case .below: 1
        case .any: 2
        }
    }

    private static func path(of pattern: PathPattern) -> String? {
        switch pattern {
        case .any: "/*"
        case .exact, .below: pattern.description
        case .regex: nil
        }
    }
}
