/// What goes wrong with the bytes of a connection, whatever they mean. Bytes are counted from the moment that it is set.
enum WireFault: Hashable, Sendable {
    enum End: String, CaseIterable, Sendable {
        case close
        /// With SO_LINGER 0.
        case reset
        case halfClose
    }

    case none
    case endsAfterSending(Int, End)
    case endsAfterReceiving(Int, End)
    /// Sends so much and no more.
    case stallsAfterSending(Int)
    /// Reads so much, and nothing for a while.
    case pausesAfterReceiving(Int, milliseconds: Int64)
    case trickles(piece: Int, milliseconds: Int64)
    /// Sends so much as it should, and other bytes from there on.
    case garblesAfterSending(Int)

    /// - Parameters:
    ///   - sending: about as much as it sends when nothing goes wrong.
    ///   - receiving: the same for what it gets.
    static func random(sending: Int, receiving: Int, _ random: inout SeededRandom) -> WireFault {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...2: .endsAfterSending(position(in: sending, &random), .allCases.randomElement(using: &random) ?? .close)
        case 3...4:
            .endsAfterReceiving(position(in: receiving, &random), .allCases.randomElement(using: &random) ?? .close)
        case 5: .stallsAfterSending(position(in: sending, &random))
        case 6:
            .pausesAfterReceiving(
                position(in: receiving, &random),
                milliseconds: .random(in: 50...600, using: &random)
            )
        case 7...8: .trickles(piece: 1 + sending / 25, milliseconds: .random(in: 2...20, using: &random))
        default: .garblesAfterSending(position(in: sending, &random))
        }
    }

    /// Heads are short: half of the faults are to fall into them.
    private static func position(in count: Int, _ random: inout SeededRandom) -> Int {
        let isEarly = Bool.random(using: &random)
        return .random(in: 0...(isEarly ? min(count, 300) : count), using: &random)
    }
}
