package import GatewayKit
package import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// `rates`: what bitcoin costs in other currencies, asked of several sources in the background and told from memory.
package final class MarketRates: ExchangeRates, Plugin {
    package static let word = "rates"

    /// Asks at a URL.
    ///
    /// - Throws: why there is no answer, in a few words.
    package typealias Ask = @Sendable (_ url: String, _ timeout: Duration) async throws -> [UInt8]

    private struct State {
        var table: RateTable
        /// Why there is no rate of these, as was logged.
        var refusals = [Currency: RateFailure.Reason]()
        var following: Task<Void, Never>?
        var client: RateClient?
    }

    private let terms: RateTerms
    private let time: TimeSource
    private let logger: Logger
    private let ask: Ask?
    private let state: NIOLockedValueBox<State>

    package convenience init(from settings: inout PolicyReader, _ services: Services) throws {
        self.init(RateTerms(from: &settings), time: services.time, logger: services.logger)
    }

    /// - Parameter ask: `nil`: by HTTP.
    package init(_ terms: RateTerms, time: TimeSource, logger: Logger, ask: Ask? = nil) {
        self.terms = terms
        self.time = time
        self.logger = logger
        self.ask = ask
        state = NIOLockedValueBox(State(table: RateTable(terms)))
    }

    package var currencies: [Currency] { terms.currencies }

    package func rate(of currency: Currency) throws(RateFailure) -> ExchangeRate {
        let table = state.withLockedValue { $0.table }
        return try table.rate(of: currency, at: time.now(), uptime: time.uptime())
    }

    package var states: [RateState] {
        state.withLockedValue { $0.table }.states(at: time.now(), uptime: time.uptime())
    }

    // MARK: Asking

    /// Returns when each source was asked once, whatever it said: a gateway starts without rates, too.
    package func start() async throws {
        let asked = terms.sources.filter { if case .asked = $0.kind { true } else { false } }
        guard !asked.isEmpty else { return }
        let ask: Ask
        if let given = self.ask {
            ask = given
        } else {
            let client = RateClient()
            state.withLockedValue { $0.client = client }
            ask = client.answer
        }
        await withTaskGroup(of: Void.self) { group in
            for source in asked { group.addTask { await self.refresh(source, ask) } }
        }
        tellChanges()
        // Each by itself: a slow one keeps none of the others waiting.
        let following = Task {
            await withTaskGroup(of: Void.self) { group in
                for source in asked { group.addTask { await self.follow(source, ask) } }
            }
        }
        state.withLockedValue { $0.following = following }
    }

    package func stop() async {
        let (following, client) = state.withLockedValue { ($0.following, $0.client) }
        following?.cancel()
        await following?.value
        await client?.shutdown()
    }

    private func follow(_ source: RateSource, _ ask: Ask) async {
        while (try? await Task.sleep(for: terms.refresh * Double.random(in: 0.9...1.1))) != nil {
            await refresh(source, ask)
            tellChanges()
        }
    }

    /// Asks a source for each of its currencies; one answer may hold all of them.
    package func refresh(_ source: RateSource, _ ask: Ask) async {
        guard case .asked(let address, let path) = source.kind else { return }
        var answers = [String: Result<[UInt8], any Error>]()
        for currency in source.currencies {
            let url = address.url(for: currency)
            if answers[url] == nil { answers[url] = await answer(ask, url) }
            // What was broken off says nothing.
            if Task.isCancelled { return }
            do {
                let bytes = try answers[url]?.get() ?? []
                let rate = try path.rate(in: bytes, for: currency)
                let (now, uptime) = (time.now(), time.uptime())
                state.withLockedValue {
                    $0.table.note(rate, currency, of: source.name, at: now, uptime: uptime)
                }
            } catch {
                let isNew = state.withLockedValue {
                    $0.table.noteFailure("\(error)", currency, of: source.name)
                }
                logger.log(
                    level: isNew ? .warning : .debug,
                    "a source tells no rate",
                    metadata: ["source": "\(source.name)", "currency": "\(currency)", "reason": "\(error)"]
                )
            }
        }
    }

    private func answer(_ ask: Ask, _ url: String) async -> Result<[UInt8], any Error> {
        do {
            return .success(try await ask(url, terms.timeout))
        } catch {
            return .failure(error)
        }
    }

    /// Logs, once for each change, that nothing can be sold in a currency, and that it can again.
    private func tellChanges() {
        for currency in terms.currencies {
            var failure: RateFailure?
            do throws(RateFailure) {
                _ = try rate(of: currency)
            } catch {
                failure = error
            }
            let earlier = state.withLockedValue { state in
                defer { state.refusals[currency] = failure?.reason }
                return state.refusals[currency]
            }
            guard earlier != failure?.reason else { continue }
            if let failure {
                logger.error(
                    "nothing is sold in a currency: there is no rate for it",
                    metadata: ["currency": "\(currency)", "reason": "\(failure)"]
                )
            } else {
                logger.notice("there is a rate again", metadata: ["currency": "\(currency)"])
            }
        }
    }
}
