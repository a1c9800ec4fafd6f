internal import GatewayKit
internal import HTTPTypes

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Makes tests of what stands in a file. Every mistake is noted with its place.
struct PolicyTestReader {
    private static let mostRepeats = 10_000

    let mistakes: PolicyMistakes

    func tests(_ nodes: [PolicyNode]) -> [PolicyTest] {
        var first = [String: Place]()
        return nodes.compactMap { node in
            guard let test = test(node) else { return nil }
            if let place = first[test.name] {
                mistakes.note(PolicyMistake(test.place, "the test '\(test.name)' stands at \(place) already"))
            }
            first[test.name] = first[test.name] ?? test.place
            return test
        }
    }

    private func reader(_ node: PolicyNode, _ word: String) -> PolicyReader {
        PolicyReader(node, word: word, mistakes: mistakes, references: TestReferences())
    }

    private func test(_ node: PolicyNode) -> PolicyTest? {
        guard case .map = node.content else {
            mistakes.note(PolicyMistake(node.place, "a test is a map of name, request and expect, not \(node.kind)"))
            return nil
        }
        var settings = reader(node, "test")
        defer { settings.finish() }
        let name = settings.text("name")
        guard settings.contains("steps") else {
            return PolicyTest(name: name, place: node.place, steps: [step(from: &settings, at: node.place)])
        }
        let steps = settings.nodes("steps").map { node in
            var settings = reader(node, "step")
            defer { settings.finish() }
            return step(from: &settings, at: node.place)
        }
        if steps.isEmpty { settings.note(settings.error(at: "steps", "should be a list of steps")) }
        return PolicyTest(name: name, place: node.place, steps: steps)
    }

    private func step(from settings: inout PolicyReader, at place: Place) -> PolicyTest.Step {
        if settings.contains("advance") {
            return PolicyTest.Step(place: place, action: .advance(settings.duration("advance")))
        }
        if settings.contains("rate") {
            let form = "what a bitcoin costs, such as 97000 USD, or none"
            let rate = settings.value("rate", or: nil, placeholder: FiatAmount?.none, expected: form) { text in
                text == "none"
                    ? .some(FiatAmount?.none)
                    : FiatAmount(parsing: text).flatMap { $0.number.isZero ? nil : $0 }.map(Optional.some)
            }
            return PolicyTest.Step(place: place, action: .rate(rate))
        }
        guard let node = settings.node("request") else {
            settings.note(place, "'\(settings.word)' needs 'request': such as GET http://localhost/quotes")
            return PolicyTest.Step(place: place, action: .advance(.zero))
        }
        var question = PolicyTest.Question(request: request(node))
        if let node = settings.node("credential") { question.credential = credential(node) }
        if let node = settings.node("upstream") { question.upstream = upstream(node) }
        if let node = settings.node("pricer") {
            let form = PolicyTest.PricerAnswer.form
            question.pricer = settings.value(of: node, named: "'pricer'", expected: form) { .init(parsing: $0) }
        }
        question.count = settings.integer("times", in: 1...Self.mostRepeats, or: 1)
        if let node = settings.node("expect") {
            question.expectation = PolicyTestExpectation(node, reader(node, "expect"))
        } else {
            settings.note(place, "'\(settings.word)' needs 'expect': such as 402, or { status: 402, price: 10 sat }")
        }
        return PolicyTest.Step(place: place, action: .ask(question))
    }

    // MARK: Requests

    private func request(_ node: PolicyNode) -> PolicyTest.Request {
        var settings = reader(node, "request")
        defer { settings.finish() }
        if let short = settings.shorthand() {
            let form = "a method and a URL, such as GET http://localhost/quotes"
            let parsed = settings.value(of: short, named: "'request'", expected: form) { text in
                let parts = text.split(separator: " ")
                return parts.count == 2 ? PolicyTest.Request.one(method: String(parts[0]), url: String(parts[1])) : nil
            }
            return parsed ?? Self.placeholder
        }
        let method = settings.text("method", or: "GET")
        var request = settings.value(
            "url",
            or: nil,
            placeholder: Self.placeholder,
            expected: "a URL such as http://localhost/quotes"
        ) { PolicyTest.Request.one(method: "GET", url: $0) }
        if let method = HTTPRequest.Method(method) {
            request = PolicyTest.Request(
                method: method,
                scheme: request.scheme,
                authority: request.authority,
                target: request.target
            )
        } else {
            settings.note(settings.error(at: "method", "should be a method such as GET"))
        }
        request.fields = fields("headers", from: &settings)
        if settings.contains("body") { request.body = settings.text("body") }
        if settings.contains("client") {
            request.client = settings.value(
                "client",
                or: nil,
                placeholder: nil,
                expected: "an address such as 192.0.2.1"
            ) { text in
                IPAddress(text).map { Optional($0) }
            }
        }
        if settings.contains("time") {
            request.time = settings.value(
                "time",
                or: nil,
                placeholder: nil,
                expected: "a time such as 2026-01-01T12:00:00Z"
            ) { text in
                (try? Date(text, strategy: .iso8601)).map { date in
                    Optional(WallTime(milliseconds: Int64(clamping: Int(date.timeIntervalSince1970) * 1_000)))
                }
            }
        }
        return request
    }

    private static let placeholder = PolicyTest.Request(
        method: .get,
        scheme: "http",
        authority: "localhost",
        target: "/"
    )

    private func fields(_ key: String, from settings: inout PolicyReader) -> [(name: String, value: String)] {
        guard var section = settings.section(key) else { return [] }
        return section.freeEntries().flatMap { entry -> [(name: String, value: String)] in
            guard FieldName(entry.key) != nil else {
                section.note(entry.keyPlace, "'\(entry.key)' is no name of a header field")
                return []
            }
            let nodes: [PolicyNode] = if case .list(let nodes) = entry.value.content { nodes } else { [entry.value] }
            return nodes.compactMap { node in
                section.text(of: node, expected: "a header field should be a text").map { (entry.key, $0) }
            }
        }
    }

    // MARK: Credentials

    private static let usualAge = Duration.seconds(10 * 365 * 86_400)

    private func credential(_ node: PolicyNode) -> PolicyTest.CredentialKind {
        let ways = PolicyTest.Purchase.Way.allCases.map(\.rawValue)
        var settings = reader(node, "credential")
        defer { settings.finish() }
        if let short = settings.shorthand() {
            let words = ["none", "again"] + ways + ["forged", "expired"]
            guard let word = settings.text(of: short, expected: "'credential' should be a word") else { return .none }
            switch word {
            case "none": return .none
            case "again": return .again
            case "forged":
                return .bought(PolicyTest.Purchase(way: .l402, isForged: true))
            case "expired":
                return .bought(PolicyTest.Purchase(way: .l402, age: Self.usualAge))
            default:
                if let way = PolicyTest.Purchase.Way(rawValue: word) { return .bought(PolicyTest.Purchase(way: way)) }
                settings.note(
                    short.place,
                    "'credential' should be one of \(words.joined(separator: ", ")), not '\(word)'"
                        + Guess.hint(for: word, among: words)
                )
                return .none
            }
        }
        let way = PolicyTest.Purchase.Way(rawValue: settings.choice("use", of: ways)) ?? .l402
        var purchase = PolicyTest.Purchase(way: way)
        let caveats = settings.nodes("caveats")
        if let first = caveats.first, way != .l402 {
            settings.note(first.place, "only what 'l402' sells has caveats")
        }
        purchase.caveats = caveats.compactMap { node in
            settings.value(of: node, named: "'caveats'", expected: "condition=value") { text in
                text.contains("=") && !text.hasPrefix("=") ? text : nil
            }
        }
        purchase.isForged = settings.flag("forged", or: false)
        if settings.contains("age") {
            purchase.age = settings.duration("age")
        } else if settings.flag("expired", or: false) {
            purchase.age = Self.usualAge
        }
        if let node = settings.node("bought-with") { purchase.boughtWith = request(node) }
        return .bought(purchase)
    }

    // MARK: Upstreams

    private func upstream(_ node: PolicyNode) -> PolicyTest.Upstream {
        let failures: [(word: String, failure: UpstreamFailure)] = [
            ("down", .unreachable), ("slow", .timeout), ("closed", .closed), ("malformed", .malformed), ("busy", .busy),
        ]
        var settings = reader(node, "upstream")
        defer { settings.finish() }
        if let short = settings.shorthand() {
            let words = failures.map(\.word)
            guard let word = settings.text(of: short, expected: "'upstream' should be a word or a map") else {
                return .failure(.unreachable)
            }
            if let failure = failures.first(where: { $0.word == word }) { return .failure(failure.failure) }
            settings.note(
                short.place,
                "'upstream' should be one of \(words.joined(separator: ", ")), or { status, headers, body }, not '\(word)'"
                    + Guess.hint(for: word, among: words)
            )
            return .failure(.unreachable)
        }
        return .answer(
            status: settings.integer("status", in: 200...599, or: 200),
            fields: fields("headers", from: &settings),
            body: settings.text("body", or: "ok\n")
        )
    }
}
