package import GatewayKit
internal import HTTPTypes
internal import Logging

// A price that is metered.
extension PriceStage {
    package var isMetered: Bool { metering != nil }

    /// Goes on with a request whose payment is taken: reserves for it where the price is metered.
    func admitted(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> {
        guard let metering else { return .now(.next) }
        guard let account = exchange.recogniser?.meterAccount(of: credential, in: exchange) else {
            return .now(.reply(Reply(.internalServerError, detail: "nobody knows how to meter this payment")))
        }
        let verdict: Eventually<Result<Metering.Verdict, any Error>>
        do {
            verdict = try metering.admit(account, in: exchange).map { .success($0) }.recover { .failure($0) }
        } catch {
            verdict = .now(.failure(error))
        }
        return try verdict.flatMap { verdict in
            if case .success(.next) = verdict { return .now(.next) }
            exchange.recogniser?.giveBack(credential, in: exchange)
            switch verdict {
            case .success(.next): return .now(.next)
            case .success(.reply(let reply)): return .now(.reply(reply))
            case .success(.exhausted(let price, let rejection)):
                exchange.credential = nil
                exchange.isRedeemed = false
                exchange.rejection = rejection
                return try price.map { try sell(for: $0, in: exchange) } ?? ask(in: exchange)
            case .failure(let reply as Reply): return .now(.reply(reply))
            case .failure(let error as BodyTooLarge): throw error
            case .failure(let error):
                exchange.logger.error("cannot meter a request", metadata: ["reason": "\(error)"])
                var reply = Reply(
                    .serviceUnavailable,
                    detail: "what was paid for cannot be looked up right now, and nothing is used up; please try again"
                )
                reply.fields.add(.retryAfter, "5")
                return .now(.reply(reply))
            }
        }
    }

    package func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        metering?.adjust(response, of: exchange)
    }

    package func settle(_ exchange: Exchange, as outcome: Outcome) {
        metering?.settle(exchange, as: outcome)
    }
}
