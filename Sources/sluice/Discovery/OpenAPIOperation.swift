internal import GatewayKit
internal import GatewayPolicy
internal import L402

/// One method of one path. Where routes share it and differ by what the body calls, each call has its price, and the
/// operation one that depends on the request.
struct OpenAPIOperation: Encodable {
    struct Offer: Encodable {
        let intent: String
        let method: String
        /// `null`: the 402 says.
        let amount: String?
        /// `sat` for whole satoshis, or the code of a currency.
        let currency: String
        let description: String?

        enum CodingKeys: String, CodingKey {
            case intent, method, amount, currency, description
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(intent, forKey: .intent)
            try container.encode(method, forKey: .method)
            try container.encode(amount, forKey: .amount)
            try container.encode(currency, forKey: .currency)
            try container.encodeIfPresent(description, forKey: .description)
        }
    }

    struct PaymentInfo: Encodable {
        let offers: [Offer]
    }

    /// What a call of JSON-RPC costs: an extension of our own.
    struct Call: Encodable {
        let method: String
        /// The tools, resources or prompts; empty: whatever is named.
        let names: [String]
        let service: String
        let amount: String?
        let currency: String
    }

    struct Parameter: Encodable {
        let name: String
        let `in` = "path"
        let required = true
        let schema = ["type": "string"]

        enum CodingKeys: String, CodingKey {
            case name, `in`, required, schema
        }
    }

    struct Answer: Encodable {
        struct Header: Encodable {
            let schema = ["type": "string"]
            let description: String

            enum CodingKeys: String, CodingKey {
                case schema, description
            }
        }

        let description: String
        var headers: [String: Header]?
    }

    let summary: String
    let parameters: [Parameter]
    let responses: [String: Answer]
    let security: [[String: [String]]]?
    let payment: PaymentInfo?
    let calls: [Call]?
    let l402Service: String?
    let l402Pricing: L402Pricing?

    enum CodingKeys: String, CodingKey {
        case summary, parameters, responses, security
        case payment = "x-payment-info"
        case calls = "x-json-rpc-calls"
        case l402Service = "x-l402-service"
        case l402Pricing = "x-l402-pricing"
    }

    /// - Parameter entries: not empty, the most specific host first.
    init(of entries: [DiscoveryCatalog.Entry], at path: String) {
        let names = path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        parameters = names.map { Parameter(name: $0) }
        let called = entries.filter { $0.call != nil }
        let plain = Self.plain(entries)
        // An operation that is paid for whatever its body says, or one that each call has its own price in.
        let shown = called + plain
        summary = called.isEmpty ? shown.first?.service ?? "" : "JSON-RPC"
        responses = ["200": Answer(description: "Paid for"), "402": Self.refusal(isCall: !called.isEmpty)]
        payment = Self.payment(for: shown)
        calls =
            called.isEmpty
            ? nil
            : called.map { entry in
                Call(
                    method: entry.call?.method ?? "",
                    names: entry.call?.names.map(\.written) ?? [],
                    service: entry.service,
                    amount: entry.listedPrice.amount,
                    currency: entry.listedPrice.currency
                )
            }
        let l402 = shown.filter { $0.offer.schemes.contains(L402Scheme.word) }
        security = l402.isEmpty ? nil : [["L402": []]]
        let isOne = l402.count == 1 && l402.first?.isConditional == false
        l402Service = isOne ? l402.first?.service : nil
        l402Pricing = isOne ? l402.first.flatMap { L402Pricing($0) } : nil
    }

    /// Those that are paid for whatever the body says: of the most specific host all with a condition, and the one that takes
    /// the rest.
    private static func plain(_ entries: [DiscoveryCatalog.Entry]) -> [DiscoveryCatalog.Entry] {
        let plain = entries.filter { $0.call == nil }
        let sameHost = plain.prefix { $0.host == plain.first?.host }
        return sameHost.filter(\.isConditional) + [plain.first { !$0.isConditional }].compactMap { $0 }
    }

    private static func refusal(isCall: Bool) -> Answer {
        let challenge = Answer.Header(description: "The offers, one line each: Payment, L402")
        guard isCall else { return Answer(description: "Payment required", headers: ["WWW-Authenticate": challenge]) }
        return Answer(
            description:
                "Payment required: for a call of JSON-RPC the error -32042 with the offers, with the status 200",
            headers: nil
        )
    }

    /// One offer an intent: several would stand for alternatives that any of pays for all.
    private static func payment(for entries: [DiscoveryCatalog.Entry]) -> PaymentInfo? {
        var offers = [Offer]()
        for intent in entries.flatMap(\.offer.intents) {
            guard !offers.contains(where: { $0.intent == intent.intent && $0.method == intent.method }) else {
                continue
            }
            let priced = entries.filter { $0.offer.intents.contains(intent) }
            let isOne = priced.count == 1 && priced.first?.call == nil && priced.first?.isConditional == false
            let texts = priced.map { entry in
                let (amount, currency) = entry.listedPrice
                let price = amount.map { "\($0) \(currency)" } ?? "a price that depends on the request"
                let rest = entry.isConditional ? "some requests" : "anything else"
                return "\(entry.call?.description ?? rest): \(price)"
            }
            offers.append(
                Offer(
                    intent: intent.intent,
                    method: intent.method,
                    amount: isOne ? priced.first?.listedPrice.amount : nil,
                    currency: isOne ? priced.first?.listedPrice.currency ?? "sat" : "sat",
                    description: isOne ? nil : texts.joined(separator: "; ")
                )
            )
        }
        return offers.isEmpty ? nil : PaymentInfo(offers: offers)
    }
}
