package import GatewayKit
internal import GatewayRPC

/// Asks a price source for one price after the other: hedged, bounded, and beside another one that is only compared.
package struct PriceInquiry: Sendable {
    private let source: any PriceSource
    private let limit: PriceLimit
    /// After which a question without an answer is asked once more; `nil`: never.
    private let hedge: Duration?
    private let shadow: ShadowSource?
    private let counts: PriceCounts

    package init(
        _ source: any PriceSource,
        limit: PriceLimit = PriceLimit(),
        hedge: Duration? = nil,
        shadow: ShadowSource? = nil,
        counts: PriceCounts
    ) {
        self.source = source
        self.limit = limit
        self.hedge = hedge
        self.shadow = shadow
        self.counts = counts
    }

    /// The price as far as it counts.
    package func price(for question: PriceQuestion) async -> Result<Amount, PriceFault> {
        counts.add(.asked)
        let comparison = shadow?.begin(question)
        let answer = await answer(to: question)
        comparison?.end(with: try? answer.get())
        let price: Result<Amount, PriceFault> =
            switch answer {
            case .success(let satoshis): Result { () throws(PriceFault) in try limit.amount(of: satoshis) }
            case .failure(let failure): .failure(PriceFault(failure))
            }
        switch price {
        case .success: counts.add(.answered)
        case .failure(let fault): counts.add(fault.name)
        }
        return price
    }

    private typealias Answer = Result<Int64, ServiceFailure>

    private func ask(_ question: PriceQuestion) async -> Answer {
        do {
            return .success(try await source.satoshis(for: question))
        } catch {
            return .failure(error)
        }
    }

    private func answer(to question: PriceQuestion) async -> Answer {
        guard let hedge else { return await ask(question) }
        return await withTaskGroup(of: HedgeCourse<Int64, ServiceFailure>.Event?.self) { group in
            group.addTask { await ask(question).event }
            group.addTask {
                do {
                    try await Task.sleep(for: hedge)
                    return .due
                } catch {
                    return nil
                }
            }
            defer { group.cancelAll() }
            var course = HedgeCourse<Int64, ServiceFailure>()
            while let event = await group.next() {
                guard let event else { continue }
                switch course.step(event) {
                case .ask:
                    counts.add(.hedged)
                    group.addTask { await ask(question).event }
                case .wait: continue
                case .answer(let satoshis): return .success(satoshis)
                case .fail(let failure): return .failure(failure)
                }
            }
            return .failure(ServiceFailure(.withdrawn, of: source.name))
        }
    }
}

extension Result where Success == Int64, Failure == ServiceFailure {
    fileprivate var event: HedgeCourse<Int64, ServiceFailure>.Event {
        switch self {
        case .success(let satoshis): .answered(satoshis)
        case .failure(let failure): .failed(failure)
        }
    }
}
