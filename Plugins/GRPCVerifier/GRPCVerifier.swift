package import GatewayKit
internal import GatewayRPC
internal import HTTPTypes
internal import Logging

/// `caveats: [{ use: grpc, address: 127.0.0.1:10011, timeout: 50ms, on-failure: refuse }]`: asks a service of
/// `sluice.v1.CaveatVerifier` whether caveats hold.
package struct GRPCVerifier: RemoteCaveatVerifier, Plugin {
    package static let word = "grpc"

    package let conditions: [String]?
    private let client: ServiceClient
    private let failureRule: FailureRule
    private let question: VerifierQuestion
    private let answers: KeptAnswers

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let service = ServiceSettings(from: &settings, timeout: .milliseconds(100))
        failureRule = FailureRule(from: &settings)
        let isLimited = settings.contains("conditions")
        let conditions = settings.texts("conditions")
        if isLimited, conditions.isEmpty || conditions.contains(where: { $0.isEmpty || $0.contains("=") }) {
            settings.note(
                settings.error(
                    at: "conditions",
                    "should be names of caveats, such as model: what stands before the '='"
                )
            )
        }
        self.conditions = isLimited ? conditions : nil
        question = VerifierQuestion(from: &settings, services)
        client = try ServiceClients.client(service, services)
        answers = KeptAnswers(time: services.time)
    }

    package var summary: String {
        let subject = conditions.map { " for \($0.joined(separator: " and "))" } ?? ""
        return "\(Self.word) at \(client.settings.name)\(subject)"
    }

    package func rejection(of caveats: [Caveat], in exchange: Exchange) throws -> Eventually<Rejection?> {
        let request = question.message(about: caveats, in: exchange)
        if let known = answers.answer(to: request) {
            exchange.looked(at: "answer that is kept", known.description)
            return try .now(decide(.success(known), caveats, in: exchange))
        }
        return try exchange.later { [client] in
            await client.result { connection, options in
                try await Sluice_V1_CaveatVerifier.Client(wrapping: connection)
                    .verifyCaveats(request, options: options)
            }
        }.map { result in
            let answer = result.map(VerifierAnswer.init)
            if case .success(let answer) = answer {
                if answer.verdicts.count == caveats.count { answers.keep(answer, to: request) }
                exchange.looked(at: "answer", answer.description)
            }
            return try decide(answer, caveats, in: exchange)
        }
    }

    private func decide(
        _ answer: Result<VerifierAnswer, ServiceFailure>,
        _ caveats: [Caveat],
        in exchange: Exchange
    ) throws -> Rejection? {
        switch answer {
        case .success(let answer):
            guard answer.verdicts.count == caveats.count else {
                let failure = ServiceFailure(
                    .malformed,
                    of: client.settings.name,
                    "\(answer.verdicts.count) verdicts on \(caveats.count) caveats"
                )
                throw refusal(because: failure, in: exchange)
            }
            return answer.rejection(of: caveats)
        case .failure(let failure) where failure.reason == .offline:
            exchange.looked(at: "answer", "\(failure): taken for yes")
            return nil
        case .failure(let failure):
            guard failureRule.allows(after: failure) else { throw refusal(because: failure, in: exchange) }
            exchange.looked(at: "answer", "\(failure): allowed by 'on-failure'")
            exchange.logger.warning("caveats were not verified", metadata: ["reason": "\(failure)"])
            return nil
        }
    }

    /// Not a refusal to pay again for: the credential may be as good as ever.
    private func refusal(because failure: ServiceFailure, in exchange: Exchange) -> Reply {
        exchange.looked(at: "answer", "\(failure)")
        exchange.logger.warning("caveats cannot be verified", metadata: ["reason": "\(failure)"])
        var reply = Reply(.serviceUnavailable, detail: "whether the credential's caveats hold cannot be found out now")
        reply.fields.set(.retryAfter, "1")
        return reply
    }
}
