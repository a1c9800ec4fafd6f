/// What the upstream of a run does wrong.
enum UpstreamFault: Hashable, Sendable {
    case none
    /// Nobody listens.
    case refuses
    /// Closes what it accepts.
    case slams
    /// Accepts, and says nothing.
    case mute
    case wire(WireFault)
    case declaresMore(Int)
    case declaresLess(Int)
    case breaksFraming
    /// Answers the head, and closes without having read the body.
    case answersEarly
    /// HTTP/2: resets the stream after so many bytes of the body.
    case resets(after: Int)
    /// HTTP/2: GOAWAY in the middle of the answer; then closes, or does not.
    case goesAway(closes: Bool)

    static func random(
        _ back: FaultRun.Version,
        _ request: FaultRun.Body,
        response: FaultRun.Body,
        _ random: inout SeededRandom
    ) -> UpstreamFault {
        let isHTTP2 = back == .http2
        switch Int.random(in: 0..<(isHTTP2 ? 18 : 15), using: &random) {
        case 0: return .refuses
        case 1: return .slams
        case 2: return .mute
        case 3 where response.count > 0: return .declaresMore(.random(in: 1...100, using: &random))
        case 4 where response.count > 0: return .declaresLess(.random(in: 1...response.count, using: &random))
        case 5 where isHTTP2 || response.count > 0 && response.framing == .chunked: return .breaksFraming
        case 6...7: return .answersEarly
        case 15...16: return .resets(after: .random(in: 0...response.count, using: &random))
        case 17: return .goesAway(closes: .random(using: &random))
        default:
            return .wire(.random(sending: response.count + 100, receiving: request.count + 200, &random))
        }
    }

    /// What it does to the bytes of its connection.
    var wire: WireFault {
        if case .wire(let fault) = self { fault } else { .none }
    }
}
