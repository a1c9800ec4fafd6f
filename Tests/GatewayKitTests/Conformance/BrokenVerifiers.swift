import GatewayKit
import NIOConcurrencyHelpers

/// Permits requests whose query is at most the number; a smaller one narrows. `Broken` are those that do it wrong.
struct MostVerifier: CaveatVerifier {
    let condition = "most"

    static func number(_ caveat: Caveat) -> Int? { Int(caveat.value) }
    static func asked(_ exchange: Exchange) -> Int { exchange.request.query.flatMap { Int($0) } ?? 0 }

    func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        Self.number(caveat).map { Self.asked(exchange) <= $0 } ?? false
    }

    func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard let earlier = Self.number(earlier), let later = Self.number(later) else { return false }
        return later <= earlier
    }
}

/// One mistake that a verifier can make, each in the place of what `MostVerifier` does right.
struct BrokenVerifier: CaveatVerifier {
    let condition = "most"
    var covers: @Sendable (Caveat, Exchange) -> Bool = { caveat, _ in caveat.condition == "most" }
    var allows: @Sendable (Caveat, Exchange) -> Bool = { MostVerifier().allows($0, $1) }
    var narrows: @Sendable (Caveat, Caveat) -> Bool = { MostVerifier().narrows($0, to: $1) }
    var detail: @Sendable (Caveat) -> String = { _ in "too much" }

    func covers(_ caveat: Caveat, of exchange: Exchange) -> Bool { covers(caveat, exchange) }
    func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool { allows(caveat, exchange) }
    func narrows(_ earlier: Caveat, to later: Caveat) -> Bool { narrows(earlier, later) }
    func rejection(of caveat: Caveat) -> Rejection { Rejection(.caveat, detail(caveat)) }
}

extension BrokenVerifier {
    static let forgetsToCompare = BrokenVerifier(narrows: { _, _ in true })
    static let comparesTheWrongWay = BrokenVerifier(narrows: { MostVerifier().narrows($1, to: $0) })
    static let neverNarrows = BrokenVerifier(narrows: { _, _ in false })
    /// Compared as texts, 10 is less than 9: each of two neighbours seems to narrow.
    static let comparesTexts = BrokenVerifier(narrows: { $1.value <= $0.value })
    /// 5 narrows 9 and 7 narrows 5, and so 7 came behind 9 with what is between it and 5.
    static let comparesNeighboursAlone = BrokenVerifier(narrows: { earlier, later in
        guard let earlier = MostVerifier.number(earlier), let later = MostVerifier.number(later) else { return false }
        return later <= earlier + 2
    })
    static let permitsEverything = BrokenVerifier(allows: { _, _ in true })
    static let coversEverything = BrokenVerifier(covers: { _, _ in true })
    static let repeatsValues = BrokenVerifier(detail: { "not \($0.value)" })
    static let trapsOnTexts = BrokenVerifier(allows: { caveat, _ in
        guard let number = Int(caveat.value) else { preconditionFailure("not a number") }
        return number > 0
    })

    /// Every fifth time.
    static var forgets: BrokenVerifier {
        let asked = NIOLockedValueBox(0)
        return BrokenVerifier(allows: { caveat, exchange in
            let count = asked.withLockedValue { count in
                count += 1
                return count
            }
            return count % 5 != 0 && MostVerifier().allows(caveat, exchange)
        })
    }

    /// Says of a value what it said of it first, whoever asks.
    static var remembers: BrokenVerifier {
        let known = NIOLockedValueBox<[String: Bool]>([:])
        return BrokenVerifier(allows: { caveat, exchange in
            known.withLockedValue { known in
                if let answer = known[caveat.value] { return answer }
                let answer = MostVerifier().allows(caveat, exchange)
                known[caveat.value] = answer
                return answer
            }
        })
    }

    /// Permits what it has permitted once, however much the caveat says now.
    static var growsTrusting: BrokenVerifier {
        let trusted = NIOLockedValueBox(Set<Int>())
        return BrokenVerifier(allows: { caveat, exchange in
            let asked = MostVerifier.asked(exchange)
            return trusted.withLockedValue { trusted in
                if MostVerifier().allows(caveat, exchange) { trusted.insert(asked) }
                return trusted.contains(asked)
            }
        })
    }

    static let takesCredentialsAway = BrokenVerifier(allows: { caveat, exchange in
        exchange.credential = nil
        return MostVerifier().allows(caveat, exchange)
    })

    static let leavesFacts = BrokenVerifier(allows: { caveat, exchange in
        exchange[Fact.self] = Fact()
        return MostVerifier().allows(caveat, exchange)
    })

    static let changesWhatIsForwarded = BrokenVerifier(allows: { caveat, exchange in
        exchange.edits.target = "/elsewhere"
        return MostVerifier().allows(caveat, exchange)
    })

    private struct Fact {}
}
