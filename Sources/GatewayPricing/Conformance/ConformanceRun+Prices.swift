internal import GatewayRPC

extension ConformanceRun {
    private static let method = "GetPrice"
    private static let same = "says the same price for the same request"
    private static let many = "answers many questions at the same time"
    private static let odd = "prices or refuses what is no request"

    /// - Throws: when nobody is there.
    mutating func lookAtPrices() async throws(ServiceFailure) {
        let first = await calls.price()
        if case .failure(let failure) = first, failure.reason == .unavailable { throw failure }
        let satoshis = expect(Self.method, "says what a request costs", Self.amounts, first, Self.isAmount) {
            "\($0) satoshis"
        }
        price = satoshis
        guard let satoshis else {
            for rule in [Self.same, Self.many, Self.odd] { skip(Self.method, rule) }
            return
        }
        let again = await calls.price()
        let difference: String? =
            switch again {
            case .success(let other): other == satoshis ? nil : "\(satoshis) and then \(other) satoshis"
            case .failure(let failure): "\(failure)"
            }
        advise(Self.method, Self.same, "\(satoshis) satoshis", found: difference)

        let answers = await together { await $0.price() }
        note(Self.method, Self.many, "\(answers.count) prices", found: Self.strange(answers))
        await lookAtOddQuestions()
    }

    private mutating func lookAtOddQuestions() async {
        let head = "POST / HTTP/1.1\r\nHost: conformance.invalid\r\n\r\n"
        let texts = [
            "", "\u{1}\u{2}\r\n\r\n", "GET", head + "{", head + "[[[[", head + "\u{FFFD}",
            head + String(repeating: "x", count: 64 * 1_024),
        ]
        var found: String?
        for text in texts {
            let answer = await calls.price(of: text)
            if answer.isOwnRefusal { continue }
            found = found ?? Self.strange([answer])
        }
        let expected = "a price, or a status such as INVALID_ARGUMENT"
        note(Self.method, Self.odd, expected, found: found)
        let answer = await calls.price()
        expect(Self.method, "answers after that as before", Self.amounts, answer, Self.isAmount) { "\($0) satoshis" }
    }

    /// The first answer that is no price.
    private static func strange(_ answers: [PriceCalls.Answer<Int64>]) -> String? {
        for answer in answers {
            switch answer {
            case .success(let satoshis) where isAmount(satoshis): continue
            case .success(let satoshis): return "\(satoshis) satoshis"
            case .failure(let failure): return "\(failure)"
            }
        }
        return nil
    }
}
