package import GatewayKit
internal import HTTPTypes
internal import Logging

/// `free-quota`: so many requests of an address, or of a block of them, cost nothing.
///
/// Whoever comes with a credential uses none of it up, and one whose credential does not count gets none: it has paid,
/// and should learn what is wrong.
package struct FreeQuotaScheme: AuthScheme, Plugin {
    package static let word = "free-quota"
    package static let carriesCaveats = false

    private let terms: FreeQuotaTerms
    private let store: any Store
    private let time: TimeSource

    package init(_ terms: FreeQuotaTerms, store: any Store, time: TimeSource) {
        self.terms = terms
        self.store = store
        self.time = time
    }

    package init(from settings: inout PolicyReader, _ services: Services) {
        self.init(
            FreeQuotaTerms(from: &settings, service: services.service),
            store: services.store,
            time: services.time
        )
    }

    package var takesPayments: Bool { false }

    package var giveaway: Double { terms.giveaway }

    package var summary: String { terms.summary }

    // MARK: No credentials

    package static func conceal(in exchange: Exchange) {}
    package func credential(in exchange: Exchange) throws -> Eventually<Credential?> { .now(nil) }
    package func challenge(in exchange: Exchange) -> Challenge { Challenge(lines: []) }

    /// Offers nothing, and says when the next free request will be. Where nothing else is offered, that is a rate limit.
    package func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
        guard let use = exchange[FreeUse.self] else { return .now(Challenge(lines: [])) }
        let wait = seconds(until: use.counter.end)
        var refusal = Reply(
            .tooManyRequests,
            detail: "\(terms.limit) requests are free, and all are used; the next ones are in \(wait)s"
        )
        refusal.fields.add(.retryAfter, "\(wait)")
        var challenge = Challenge(lines: [], members: [.init("freeAgainIn", "\(wait)s")])
        challenge.refusal = refusal
        return .now(challenge)
    }

    // MARK: Letting through

    package func waivesPrice(of exchange: Exchange) throws -> Eventually<Bool> {
        let counter = terms.counter(of: exchange.client, at: time.now())
        if let counted = store.countAtOnce(counter, upTo: terms.limit) {
            return .now(note(counted, of: counter, in: exchange))
        }
        let logger = exchange.logger
        return exchange.later { [store, terms] () async throws -> Counted? in
            do {
                return try await store.count(counter, upTo: terms.limit)
            } catch {
                // Paying may work all the same.
                logger.error("cannot count free requests", metadata: ["reason": "\(error)"])
                return nil
            }
        }.map { counted in
            counted.map { note($0, of: counter, in: exchange) } ?? false
        }
    }

    private func note(_ counted: Counted, of counter: Counter, in exchange: Exchange) -> Bool {
        switch counted {
        case .counted(let left):
            exchange[FreeUse.self] = FreeUse(counter: counter, left: left, isUsed: true)
            return true
        case .full:
            exchange[FreeUse.self] = FreeUse(counter: counter, left: 0, isUsed: false)
            return false
        }
    }

    /// Says what is left (draft-ietf-httpapi-ratelimit-headers-10, §3 and §4).
    package func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        guard let use = exchange[FreeUse.self] else { return }
        response.fields.add(FieldName(.rateLimitPolicy), "\"free\";q=\(terms.limit);w=\(terms.period)")
        response.fields.add(FieldName(.rateLimit), "\"free\";r=\(use.left);t=\(seconds(until: use.counter.end))")
    }

    /// What the service never saw was not used.
    package func settle(_ exchange: Exchange, as outcome: Outcome) {
        guard let use = exchange[FreeUse.self], use.isUsed, outcome.isUnserved(exchange) else { return }
        store.uncount(use.counter)
    }

    /// At least 1: a client that comes back too early gets nothing.
    private func seconds(until end: WallTime) -> Int64 {
        max(1, end.seconds - time.now().seconds)
    }
}

/// What became of the free requests of a client.
private struct FreeUse {
    let counter: Counter
    let left: Int
    /// True when this request is one of them.
    let isUsed: Bool
}
