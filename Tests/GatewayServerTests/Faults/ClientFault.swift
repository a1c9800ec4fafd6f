/// What a client of a run does wrong.
enum ClientFault: Hashable, Sendable {
    case none
    case wire(WireFault)
    /// Its body is shorter than it said.
    case declaresMore(Int)
    /// Its body is longer than it said.
    case declaresLess(Int)
    /// A size of a chunk, or a frame, that is none.
    case breaksFraming
    /// HTTP/2: resets each stream after so many bytes of its body.
    case resets(after: Int)
    /// HTTP/2: GOAWAY behind the heads.
    case goesAway

    static func random(
        _ front: FaultRun.Version,
        _ request: FaultRun.Body,
        response: FaultRun.Body,
        count: Int,
        _ random: inout SeededRandom
    ) -> ClientFault {
        let isHTTP2 = front == .http2
        switch Int.random(in: 0..<(isHTTP2 ? 12 : 10), using: &random) {
        case 0 where request.count > 0: return .declaresMore(.random(in: 1...100, using: &random))
        case 1 where request.count > 0: return .declaresLess(.random(in: 1...request.count, using: &random))
        case 2 where isHTTP2 || request.count > 0 && request.framing == .chunked: return .breaksFraming
        case 10: return .resets(after: .random(in: 0...request.count, using: &random))
        case 11: return .goesAway
        default:
            let sent = count * (request.count + 100)
            return .wire(.random(sending: sent, receiving: count * (response.count + 150), &random))
        }
    }

    /// What it does to the bytes of its connection.
    var wire: WireFault {
        if case .wire(let fault) = self { fault } else { .none }
    }

    var garbles: Bool {
        if case .wire(.garblesAfterSending) = self { true } else { false }
    }
}
