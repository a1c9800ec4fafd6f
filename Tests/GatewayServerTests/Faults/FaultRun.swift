/// Who talks to whom in one run, about what, and what goes wrong. Always the same for the same seed and number.
struct FaultRun: Sendable, CustomStringConvertible {
    enum Version: String, CaseIterable, Sendable {
        case http1
        case http2
    }

    enum Framing: String, CaseIterable, Sendable {
        case length
        /// In HTTP/2 a body that no field declares.
        case chunked
        /// A response of HTTP/1.1 that ends with its connection.
        case untilClose
    }

    struct Body: Sendable {
        var count: Int
        var framing: Framing

        static func random(_ random: inout SeededRandom) -> Body {
            let count =
                switch Int.random(in: 0..<10, using: &random) {
                case 0...1: 0
                case 2...6: Int.random(in: 1..<2_000, using: &random)
                case 7...8: Int.random(in: 2_000..<60_000, using: &random)
                default: Int.random(in: 60_000..<FaultBody.most, using: &random)
                }
            return Body(count: count, framing: Bool.random(using: &random) ? .length : .chunked)
        }
    }

    /// What the gateway's stage does before it forwards.
    enum Decision: String, CaseIterable, Sendable {
        case forwards
        case forwardsLater
        case forwardsCollected
        case replies
    }

    /// What a filter of the gateway does with the response, whose bytes it leaves as they are.
    enum Filter: String, CaseIterable, Sendable {
        case none
        case passes
        /// Answers about each part in a later turn of the event loop.
        case delays
        /// Sends half of a part, and answers with the rest after a while.
        case holds
    }

    let seed: UInt64
    let number: Int
    let front: Version
    let isEncrypted: Bool
    let back: Version
    /// Sent at once on the client's one connection: pipelined, or on a stream each.
    let requestCount: Int
    let request: Body
    let response: Body
    let decision: Decision
    let delay: Int64
    let clientFault: ClientFault
    let upstreamFault: UpstreamFault
    let filter: Filter

    init(seed: UInt64, number: Int) {
        self.seed = seed
        self.number = number
        var random = SeededRandom(seed: seed &+ UInt64(truncatingIfNeeded: number) &* 0xD134_2543_DE82_EF95)
        front = Version.allCases.randomElement(using: &random) ?? .http1
        isEncrypted = Int.random(in: 0..<4, using: &random) == 0
        back = Version.allCases.randomElement(using: &random) ?? .http1
        let decision = Decision.allCases.randomElement(using: &random) ?? .forwards
        self.decision = decision
        delay = .random(in: 0...30, using: &random)
        // An answer to the first may end the connection while its body is still coming.
        requestCount = decision == .replies ? 1 : .random(in: 1...3, using: &random)
        request = .random(&random)
        var response = Body.random(&random)
        if Int.random(in: 0..<4, using: &random) > 0 {
            clientFault = .random(front, request, response: response, count: requestCount, &random)
        } else {
            clientFault = .none
        }
        if Int.random(in: 0..<3, using: &random) > 0 {
            upstreamFault = .random(back, request, response: response, &random)
        } else {
            upstreamFault = .none
        }
        if back == .http1, upstreamFault == .none, Int.random(in: 0..<5, using: &random) == 0 {
            response.framing = .untilClose
        }
        self.response = response
        filter = Bool.random(using: &random) ? .none : Filter.allCases.randomElement(using: &random) ?? .none
    }

    /// Nothing goes wrong: every answer has to be whole and right.
    var isClean: Bool { clientFault == .none && upstreamFault == .none }

    /// False where bytes are changed in ways that HTTP cannot notice.
    var hasExactResponse: Bool {
        if clientFault.garbles { return false }
        // Its connection is shared with runs that change bytes.
        if back == .http2, upstreamFault != .none { return false }
        if case .wire(.garblesAfterSending) = upstreamFault { return false }
        if case .declaresLess = upstreamFault { return false }
        return true
    }

    /// The same for what reaches the upstream.
    var hasExactRequest: Bool {
        switch clientFault {
        case .wire(.garblesAfterSending), .declaresLess, .declaresMore: false
        case .none, .wire, .breaksFraming, .resets, .goesAway: true
        }
    }

    var description: String {
        """
        seed \(seed) run \(number): \(front.rawValue)\(isEncrypted ? " (TLS)" : "") to \(back.rawValue), \
        \(requestCount) x \(request.count) \(request.framing.rawValue) for \(response.count) \
        \(response.framing.rawValue), \(decision.rawValue), filter \(filter.rawValue), \
        client \(clientFault), upstream \(upstreamFault)
        """
    }
}
