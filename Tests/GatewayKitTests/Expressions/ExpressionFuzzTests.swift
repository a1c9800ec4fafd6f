import GatewayKit
import GatewayTesting
import HTTPTypes
import Testing

/// Hostile texts and values: nothing traps, and everything ends.
struct ExpressionFuzzTests {
    static let expressions = [
        "request.json.model in caveat.list && request.method == 'POST'",
        "request.headers['x-plan'] == \"gold\" || int(request.query.n) * 2 + 1 > 0x10",
        "caveat.list.exists(x, x.startsWith('a') && !x.endsWith(\"b\")) ? true : false",
        "request.time - duration('1h30m') > timestamp('2024-02-29T00:00:00.5+01:00')",
        "cidr('10.0.0.0/8').containsIP(client.address) && {'a': [1u, -2.5e3, null]}.a[0] == 1u",
        #"'''\x41\u00e9\101''' + r'\d' == "a\n" // end"#,
    ]

    @Test(arguments: expressions)
    func `each prefix and each flipped byte is an expression or a mistake`(_ text: String) {
        let input = ExpressionInput.exchange(
            .example(.example(.post, "/?n=1", fields: [("X-Plan", "a")])),
            caveat: Caveat(condition: "x", value: "a,b")
        )
        for variant in Variants.of(text) {
            _ = ExpressionAnswer.to(String(decoding: variant, as: UTF8.self), in: .caveat, input)
        }
    }

    @Test(arguments: ["a,b", "7", "2024-01-01T00:00:00Z", "10.0.0.0/8"])
    func `each prefix and each flipped byte of a caveat's value is answered`(_ value: String) throws {
        let texts = [
            "caveat.value in caveat.list", "int(caveat.value) > 5", "timestamp(caveat.value) > request.time",
            "cidr(caveat.value).containsIP(client.address)", "caveat.list.all(x, size(x.trim().split('')) > 0)",
            "double(caveat.value) < 1.0 || duration(caveat.value) < duration('1s')",
        ]
        for text in texts {
            let expression = try Expression(text, in: .caveat, time: ExpressionAnswer.time)
            for variant in Variants.of(value) {
                let caveat = Caveat(condition: "x", value: String(decoding: variant, as: UTF8.self))
                _ = expression.holds(for: .exchange(.example(), caveat: caveat))
            }
        }
    }

    @Test func `random expressions of every type are answered within their steps`() {
        var generator = RandomExpression(seed: 1)
        let input = ExpressionInput.exchange(
            .example(.example(.post, "/a?n=1", fields: [("X-Plan", "gold")])),
            caveat: Caveat(condition: "x", value: "a,b,c")
        )
        var values = 0
        for _ in 0..<1_000 {
            let text = generator.bool(depth: 4)
            let answer = ExpressionAnswer.to(text, in: .caveat, input)
            // What is made by the rules of the types is no mistake, but for literals that never work and what is too long.
            let isAllowed =
                !answer.hasPrefix("mistake") || answer.hasPrefix("mistake: this always fails")
                || answer.contains("at most") || answer.contains("too deeply") || answer.contains("steps")
            #expect(isAllowed, "\(text): \(answer)")
            values += answer == "true" || answer == "false" ? 1 : 0
        }
        #expect(values > 300)
    }

    @Test func `an evaluation that takes too long fails, and nothing absorbs that`() throws {
        let items = String(repeating: "a,", count: 60)
        let caveat = Caveat(condition: "x", value: items)
        let walk = "caveat.list.all(a, caveat.list.all(b, caveat.list.all(c, a == b || b == c)))"
        let input = ExpressionInput.exchange(.example(), caveat: caveat)
        #expect(ExpressionAnswer.to(walk, in: .caveat, input) == "failed: budget")
        #expect(ExpressionAnswer.to("\(walk) || true", in: .caveat, input) == "failed: budget")
    }

    @Test func `a search that would take the product of two lengths fails`() {
        let text = String(repeating: "a", count: 3_000)
        let caveat = Caveat(condition: "x", value: text + "b," + String(repeating: text, count: 20))
        let answer = ExpressionAnswer.to(
            "caveat.list[1].contains(caveat.list[0])",
            in: .caveat,
            .exchange(.example(), caveat: caveat)
        )
        #expect(answer == "failed: budget")
    }
}
