package import GatewayKit
internal import NIOCore

/// What a request may use, before anybody knows: what is reserved for it, and what it costs where its response does not say.
package struct TokenEstimate: Hashable, Sendable {
    /// Of most languages a token has about so many bytes.
    static let bytesOfToken: UInt64 = 4
    /// Answers to one question that are counted; services allow as many.
    private static let mostChoices: UInt64 = 128

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
        // The names of chat completions, of Anthropic's messages and of responses.
        let names = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
        let bound = names.compactMap { Self.count(document?[$0]) }.max() ?? usual
        let choices = Self.count(document?["n"]).map { min(max(1, $0), Self.mostChoices) } ?? 1
        output = min(bound * choices, TokenCount.most)
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
