package import GatewayKit

/// One tagged field of an invoice (BOLT 11, "Tagged Fields").
package enum Bolt11Field: Hashable, Sendable {
    case paymentHash(PaymentHash)
    case paymentSecret(Bytes32)
    case memo(String)
    case memoHash(Bytes32)
    case payee(NodeID)
    /// Whole seconds after the timestamp.
    case expiry(Duration)
    /// Blocks that the last hop needs at the least.
    case finalExpiryDelta(UInt64)
    case fallback(Bolt11Fallback)
    case route([Bolt11Hop])
    case features(Bolt11Features)
    case metadata([UInt8])
    /// One that a reader must skip: an unknown letter or version, or a wrong length. Its words stay for the signature.
    case skipped(letter: UInt8, words: [UInt8])

    /// The most words that the ten bits of a field's length can announce.
    static let longest = 1023
    /// The most bytes that fit into a field, such as a description.
    package static let longestBytes = longest * 5 / 8

    init(letter: UInt8, words: [UInt8]) throws(Bolt11Error) {
        switch (letter, words.count) {
        case (UInt8(ascii: "p"), 52): self = .paymentHash(PaymentHash(try Self.bytes32(words, letter)))
        case (UInt8(ascii: "s"), 52): self = .paymentSecret(try Self.bytes32(words, letter))
        case (UInt8(ascii: "h"), 52): self = .memoHash(try Self.bytes32(words, letter))
        case (UInt8(ascii: "n"), 53):
            guard let node = NodeID(Words.bytes(words)) else { throw Self.error(letter) }
            self = .payee(node)
        case (UInt8(ascii: "d"), _):
            guard let text = String(validating: Words.bytes(words), as: UTF8.self) else { throw Self.error(letter) }
            self = .memo(text)
        case (UInt8(ascii: "x"), _):
            // Bounded so that arithmetic on calendar times cannot overflow.
            guard let seconds = Words.number(words), seconds <= UInt64(UInt32.max) else { throw Self.error(letter) }
            self = .expiry(.seconds(Int64(seconds)))
        case (UInt8(ascii: "c"), _):
            guard let blocks = Words.number(words) else { throw Self.error(letter) }
            self = .finalExpiryDelta(blocks)
        case (UInt8(ascii: "f"), 1...):
            guard let fallback = Bolt11Fallback(version: words[0], program: Words.bytes(words.dropFirst())) else {
                self = .skipped(letter: letter, words: words)
                return
            }
            self = .fallback(fallback)
        case (UInt8(ascii: "r"), _):
            self = .route(try Self.hops(Words.bytes(words)))
        case (UInt8(ascii: "9"), _): self = .features(Bolt11Features(words: words))
        case (UInt8(ascii: "m"), _): self = .metadata(Words.bytes(words))
        default: self = .skipped(letter: letter, words: words)
        }
    }

    private static func error(_ letter: UInt8) -> Bolt11Error {
        .field(Character(Unicode.Scalar(letter)))
    }

    private static func bytes32(_ words: [UInt8], _ letter: UInt8) throws(Bolt11Error) -> Bytes32 {
        guard let bytes = Bytes32(Words.bytes(words)) else { throw error(letter) }
        return bytes
    }

    private static func hops(_ bytes: [UInt8]) throws(Bolt11Error) -> [Bolt11Hop] {
        var hops = [Bolt11Hop]()
        for start in stride(from: 0, to: bytes.count, by: Bolt11Hop.byteCount) {
            guard let hop = Bolt11Hop(bytes[start...].prefix(Bolt11Hop.byteCount)) else { throw .field("r") }
            hops.append(hop)
        }
        guard !hops.isEmpty else { throw .field("r") }
        return hops
    }

    /// The letter, the length in two words, and the content.
    ///
    /// - Throws: when the content is longer than a field can be.
    func appendWords(to words: inout [UInt8]) throws(Bolt11Error) {
        let (letter, content) = try letterAndContent()
        guard content.count <= Self.longest, let tag = Bech32.alphabet.firstIndex(of: letter) else {
            throw Self.error(letter)
        }
        words.append(UInt8(truncatingIfNeeded: tag))
        words += Words.encoded(UInt64(content.count), count: 2)
        words += content
    }

    private func letterAndContent() throws(Bolt11Error) -> (letter: UInt8, content: [UInt8]) {
        switch self {
        case .paymentHash(let hash): return (UInt8(ascii: "p"), Words.encoded(hash.bytes.array))
        case .paymentSecret(let secret): return (UInt8(ascii: "s"), Words.encoded(secret.array))
        case .memo(let text): return (UInt8(ascii: "d"), Words.encoded(text.utf8))
        case .memoHash(let hash): return (UInt8(ascii: "h"), Words.encoded(hash.array))
        case .payee(let node): return (UInt8(ascii: "n"), Words.encoded(node.bytes))
        case .expiry(let duration):
            guard let seconds = UInt64(exactly: duration.components.seconds), seconds <= UInt64(UInt32.max) else {
                throw .field("x")
            }
            return (UInt8(ascii: "x"), Words.encoded(seconds))
        case .finalExpiryDelta(let blocks): return (UInt8(ascii: "c"), Words.encoded(blocks))
        case .fallback(let fallback):
            return (UInt8(ascii: "f"), [fallback.version] + Words.encoded(fallback.program))
        case .route(let hops): return (UInt8(ascii: "r"), Words.encoded(hops.flatMap(\.bytes)))
        case .features(let features):
            guard let words = features.words else { throw .field("9") }
            return (UInt8(ascii: "9"), words)
        case .metadata(let bytes): return (UInt8(ascii: "m"), Words.encoded(bytes))
        case .skipped(let letter, let words): return (letter, words)
        }
    }
}
