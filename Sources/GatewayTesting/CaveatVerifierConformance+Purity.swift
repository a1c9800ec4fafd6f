internal import GatewayKit

extension CaveatVerifierConformance {
    /// One question to the verifier.
    private enum Question {
        case covers(Caveat, Exchange)
        case allows(Caveat, Exchange)
        case narrows(Caveat, Caveat)
        case rejection(Caveat)
    }

    private var questions: [Question] {
        let caveats = (values + Self.hostileValues).map(caveat)
        var questions = [Question]()
        for caveat in caveats {
            questions.append(.rejection(caveat))
            for exchange in exchanges {
                questions += [.covers(caveat, exchange), .allows(caveat, exchange)]
            }
        }
        for earlier in values.map(caveat) {
            questions += caveats.map { .narrows(earlier, $0) }
        }
        return questions
    }

    private func answer(to question: Question) -> String {
        switch question {
        case .covers(let caveat, let exchange): "\(verifier.covers(caveat, of: exchange))"
        case .allows(let caveat, let exchange): "\(verifier.allows(caveat, exchange))"
        case .narrows(let earlier, let later): "\(verifier.narrows(earlier, to: later))"
        case .rejection(let caveat):
            "\(verifier.rejection(of: caveat).reason.rawValue): \(verifier.rejection(of: caveat).detail)"
        }
    }

    private static func shown(_ question: Question) -> String {
        switch question {
        case .covers(let caveat, _): "covers(\(shown(caveat)))"
        case .allows(let caveat, _): "allows(\(shown(caveat)))"
        case .narrows(let earlier, let later): "narrows(\(shown(earlier)), to: \(shown(later)))"
        case .rejection(let caveat): "rejection(of: \(shown(caveat)))"
        }
    }

    /// Once in their order, at once again, backwards, and shuffled: a verifier that remembers is found out.
    func answersAreRepeatable() throws {
        let questions = questions
        var first = [String]()
        for question in questions {
            let said = answer(to: question)
            first.append(said)
            try expect(answer(to: question) == said, "\(Self.shown(question)) changed its mind at once")
        }
        var generator = Generator(state: seed)
        for order in [Array(questions.indices.reversed()), questions.indices.shuffled(using: &generator)] {
            for index in order {
                try expect(
                    answer(to: questions[index]) == first[index],
                    "\(Self.shown(questions[index])) changed its mind after other questions"
                )
            }
        }
    }

    func exchangesStayAsTheyWere() throws {
        let before = exchanges.map { (learning: $0.learning, facts: $0.factTypes) }
        for question in questions {
            _ = answer(to: question)
        }
        for (exchange, before) in zip(exchanges, before) {
            let changed = exchange.learning.differences(from: before.learning)
            try expect(changed.isEmpty, "asking changed \(changed.joined(separator: ", ")) of the exchange")
            try expect(exchange.factTypes == before.facts, "asking left facts in the exchange")
        }
    }

    func longerChainsPermitNoMore() throws {
        var generator = Generator(state: seed)
        for _ in 0..<300 {
            let length = Int.random(in: 2...8, using: &generator)
            let chain = (0..<length).map { _ in caveat(randomValue(&generator)) }
            for exchange in exchanges {
                var shorter = true
                for count in 1...length {
                    let longer = permits(chain[..<count], exchange)
                    try expect(
                        shorter || !longer,
                        "a chain of \(count) permits what its first \(count - 1) refuse: \(Self.shown(chain[count - 1]))"
                    )
                    shorter = longer
                }
            }
        }
    }

    /// As the `caveats` stage judges: every caveat holds, and narrows the one before it.
    private func permits(_ chain: ArraySlice<Caveat>, _ exchange: Exchange) -> Bool {
        var earlier: Caveat?
        for caveat in chain {
            guard verifier.covers(caveat, of: exchange), verifier.allows(caveat, exchange) else { return false }
            if let earlier, !verifier.narrows(earlier, to: caveat) { return false }
            earlier = caveat
        }
        return true
    }
}
