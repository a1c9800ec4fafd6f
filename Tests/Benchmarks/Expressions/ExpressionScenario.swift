internal import GatewayKit
internal import GatewayTesting
internal import HTTPTypes

/// What it takes to ask an expression of a policy about a request. Runs in this process: nothing is sent.
struct ExpressionScenario: Scenario {
    private static let passes = 200_000

    let title: String
    let text: String
    var programs: [Program] { [.sluice] }

    static let all = [
        ExpressionScenario(title: "an expression about a field", text: "request.headers['x-plan'] == 'gold'"),
        ExpressionScenario(
            title: "an expression about a path and a method",
            text: "request.path.startsWith('/v1/') && request.method in ['POST', 'PUT']"
        ),
        ExpressionScenario(
            title: "an expression about an address and the time",
            text: "cidr('192.0.2.0/24').containsIP(client.address) && request.time > timestamp('2020-01-01T00:00:00Z')"
        ),
        ExpressionScenario(
            title: "an expression about a caveat",
            text: "request.headers['x-plan'] in caveat.list"
        ),
        ExpressionScenario(
            title: "an expression about the query",
            text: "request.query.size == 'large' || int(request.query.n) > 100"
        ),
    ]

    func measure(_ program: Program, on bench: Workbench) throws -> Sample {
        let expression = try Expression(text, in: .caveat, time: .system)
        let exchange = Exchange.example(
            .example(.post, "/v1/models?size=large&n=12", fields: [("Accept", "*/*"), ("X-Plan", "gold")])
        )
        let input = ExpressionInput.exchange(exchange, caveat: Caveat(condition: "plan", value: "silver,gold"))
        var held = 0
        let time = ContinuousClock().measure {
            for _ in 0..<Self.passes {
                if case .success(true) = expression.holds(for: input) { held += 1 }
            }
        }
        guard held == Self.passes else { throw BenchFailure("'\(text)' does not hold") }
        return [.expressionTime: time.microseconds * 1_000 / Double(Self.passes)]
    }
}
