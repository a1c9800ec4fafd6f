package import GatewayKit
internal import NIOCore

/// What a request may use, before anybody knows: what is reserved for it, and what it costs where its response does not say.
package struct TokenEstimate: Hashable, Sendable {
    /// Of most languages a token has about so many bytes.
    static let bytesOfToken: UInt64 = 4
    /// Answers and questions of one request that are counted, of each: products of them with tokens stay in bounds.
    private static let mostCounted: UInt64 = 1_000_000
    /// What is asked, and the bounds that count beside it: services let names pass that they do not know.
    private static let bounds: [(question: String, names: [String])] = [
        ("messages", ["max_tokens", "max_completion_tokens"]),
        ("prompt", ["max_tokens"]),
        ("input", ["max_output_tokens"]),
    ]

    package var input: UInt64
    package var output: UInt64

    /// Nothing is asked of a model.
    var isNothing: Bool { input == 0 && output == 0 }

    package init(input: UInt64, output: UInt64) {
        self.input = input
        self.output = output
    }

    /// - Parameters:
    ///   - document: the request's body, as far as it is JSON.
    ///   - byteCount: of the body.
    ///   - usual: output where the request names no bound.
    package init(of document: JSONValue?, byteCount: UInt64, usual: UInt64) {
        input = byteCount / Self.bytesOfToken + (byteCount % Self.bytesOfToken == 0 ? 0 : 1)
        let choices = ["n", "best_of"].compactMap { Self.count(document?[$0]) }.max() ?? 1
        let answers = min(max(1, choices), Self.mostCounted)
        let bound = min(Self.bound(in: document, usual: usual), TokenCount.most)
        let one = min(bound * answers, TokenCount.most)
        output = min(one * Self.prompts(in: document), TokenCount.most)
    }

    /// Of one answer, by the names of chat completions and Anthropic's messages, of completions, and of responses.
    private static func bound(in document: JSONValue?, usual: UInt64) -> UInt64 {
        func bound(_ names: [String]) -> UInt64 { names.compactMap { count(document?[$0]) }.max() ?? usual }
        let asked = bounds.filter { document?[$0.question] != nil }
        return asked.map { bound($0.names) }.max() ?? bound(bounds.flatMap { $0.names })
    }

    /// Completions answer each of several prompts; numbers are the tokens of one.
    private static func prompts(in document: JSONValue?) -> UInt64 {
        guard case .array(let prompts)? = document?["prompt"] else { return 1 }
        let count = prompts.count { if case .number = $0 { false } else { true } }
        return min(max(1, UInt64(count)), mostCounted)
    }

    private static func count(_ value: JSONValue?) -> UInt64? {
        guard case .number(let number)? = value, let count = UInt64(exactly: number), count <= TokenCount.most else {
            return nil
        }
        return count
    }

    // MARK: Kept with the reservation

    package var note: [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeInteger(input)
        buffer.writeInteger(output)
        return Array(buffer.readableBytesView)
    }

    package init?(note: [UInt8]) {
        var buffer = ByteBuffer(bytes: note)
        guard note.count == 16, let input = buffer.readInteger(as: UInt64.self),
            let output = buffer.readInteger(as: UInt64.self)
        else { return nil }
        self.init(input: min(input, TokenCount.most), output: min(output, TokenCount.most))
    }
}
