package import HTTPTypes

/// What became of one request, in as many words as an operator may see.
package struct RecentDecision: Sendable {
    /// Longer paths are cut: there are many decisions.
    private static let longestPath = 256

    package let id: ExchangeID
    package let time: WallTime
    package let method: HTTPRequest.Method
    package let host: String
    package let path: String
    package let route: String
    /// Every step where the request was traced; otherwise what is known afterwards.
    package let steps: [ExplainedStep]
    package let isTraced: Bool
    package let outcome: Outcome
    package let shadowRefusals: [ShadowRefusal]

    /// - Parameters:
    ///   - admitted: how many stages let it go on.
    ///   - decider: the stage that did not.
    ///   - refusal: what it answered.
    package init(
        of exchange: Exchange,
        at time: WallTime,
        admitted: Int,
        decider: Int?,
        refusal: (status: HTTPResponse.Status, detail: String?)?,
        outcome: Outcome
    ) {
        id = exchange.id
        self.time = time
        method = exchange.request.method
        host = Self.cut(exchange.request.authority)
        path = Self.cut(exchange.request.path)
        route = exchange.route.name
        self.outcome = outcome
        shadowRefusals = exchange.shadowRefusals
        if let explanation = exchange.explanation {
            isTraced = true
            steps = explanation.steps
        } else {
            isTraced = false
            steps = Self.steps(of: exchange.route, admitted: admitted, decider: decider, refusal: refusal)
        }
    }

    private static func steps(
        of route: Route,
        admitted: Int,
        decider: Int?,
        refusal: (status: HTTPResponse.Status, detail: String?)?
    ) -> [ExplainedStep] {
        var steps = [ExplainedStep]()
        for index in route.stages.indices where index < admitted || index == decider {
            let stage = route.stages[index]
            var step = ExplainedStep(index: index, word: stage.word, isShadow: stage is ShadowedStage)
            step.place = route.places.indices.contains(index) ? route.places[index] : nil
            step.verdict = .next
            if index == decider {
                if let refusal {
                    step.verdict = .replied(refusal.status, refusal.detail)
                } else if let upstream = stage.upstream {
                    step.verdict = .forwarded(upstream.name)
                }
            }
            steps.append(step)
        }
        return steps
    }

    private static func cut(_ text: String) -> String {
        ConcealedText.of(text.utf8.count <= longestPath ? text : String(text.unicodeScalars.prefix(longestPath / 4)))
    }
}
