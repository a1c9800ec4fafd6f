package import GatewayKit

/// The tokens that a response says it has used, in the words of OpenAI's and of Anthropic's APIs.
///
/// Whoever asks decides much of what a model writes: only what stands where the service itself writes it counts. What cannot
/// be read for certain is not there.
package struct TokenUsage: Hashable, Sendable {
    /// `nil`: not told.
    package var input: UInt64?
    package var output: UInt64?
    /// What is told is of the whole response, or of all that there was at that point.
    package var isFinal = false

    package init(input: UInt64? = nil, output: UInt64? = nil, isFinal: Bool = false) {
        self.input = input
        self.output = output
        self.isFinal = isFinal
    }

    /// `nil` when the response does not say, as far as it was seen.
    package init?(in response: MeteredUsage.Response) {
        guard response.isReadable else { return nil }
        let type = (response.contentType ?? "").prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        let found =
            type == "text/event-stream"
            ? Self.ofEvents(response) : response.isComplete ? Self.ofDocument(response) : nil
        guard let found else { return nil }
        self = found
    }

    /// A `usage` object. OpenAI's `prompt_tokens` has what was cached in it; Anthropic's `input_tokens` has not.
    init?(_ usage: JSONValue?, isFinal: Bool) {
        guard let usage, usage.isObject else { return nil }
        let cached = ["cache_creation_input_tokens", "cache_read_input_tokens"].map { Self.count(usage[$0]) ?? 0 }
        if let prompt = Self.count(usage["prompt_tokens"]) {
            input = prompt
            output =
                Self.count(usage["completion_tokens"])
                ?? Self.count(usage["total_tokens"]).map { $0 > prompt ? $0 - prompt : 0 }
        } else {
            input = Self.count(usage["input_tokens"]).map { cached.reduce($0, +) }
            output = Self.count(usage["output_tokens"])
        }
        guard input != nil || output != nil else { return nil }
        self.isFinal = isFinal
    }

    private static func count(_ value: JSONValue?) -> UInt64? {
        guard case .number(let number)? = value, let count = UInt64(exactly: number), count <= TokenCount.most else {
            return nil
        }
        return count
    }

    // MARK: Events

    /// The last thing that a stream of events says. In Anthropic's the first event tells the input, and a later one the output.
    private static func ofEvents(_ response: MeteredUsage.Response) -> TokenUsage? {
        var found: TokenUsage?
        if response.byteCount > UInt64(response.tail.count) {
            // The last line of the one and the first of the other are not whole.
            for line in lines(of: response.head).dropLast() { note(line, in: &found) }
            let rest = lines(of: response.tail)
            if response.isComplete, let first = rest.first { note(endOf: first, in: &found) }
            for line in rest.dropFirst() { note(line, in: &found) }
        } else {
            for line in lines(of: response.tail) { note(line, in: &found) }
        }
        return found
    }

    private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split(omittingEmptySubsequences: false) { $0 == 0x0A || $0 == 0x0D }
    }

    private static func note(_ line: ArraySlice<UInt8>, in found: inout TokenUsage?) {
        // Most lines are pieces of text: looking for the word is quicker than reading them.
        guard line.starts(with: "data:".utf8), line.contains(sequence: "\"usage\"") else { return }
        let text = line.dropFirst("data:".utf8.count).drop { $0 == UInt8(ascii: " ") }
        guard let event = try? text.withUnsafeBytes({ try JSONReader.read($0) }) else { return }
        let told: TokenUsage?
        switch event["type"]?.text {
        case "message_start": told = TokenUsage(event["message"]?["usage"], isFinal: false)
        case let type? where type.hasPrefix("response."): told = TokenUsage(event["response"]?["usage"], isFinal: true)
        default: told = TokenUsage(event["usage"], isFinal: true)
        }
        if let told { add(told, to: &found) }
    }

    /// The last event of OpenAI's responses holds all of the response, and so may be longer than what was kept of the end.
    private static func note(endOf line: ArraySlice<UInt8>, in found: inout TokenUsage?) {
        guard line.contains(sequence: "\"usage\""),
            let told = TokenUsage(JSONTail(Array(line)).member("usage", depth: 2), isFinal: true)
        else { return }
        add(told, to: &found)
    }

    private static func add(_ told: TokenUsage, to found: inout TokenUsage?) {
        found = TokenUsage(
            input: told.input ?? found?.input,
            output: told.output ?? found?.output,
            isFinal: told.isFinal || found?.isFinal == true
        )
    }

    // MARK: Documents

    private static func ofDocument(_ response: MeteredUsage.Response) -> TokenUsage? {
        if response.byteCount <= UInt64(response.tail.count),
            let document = try? response.tail.withUnsafeBytes({ try JSONReader.read($0) })
        {
            return TokenUsage(document["usage"], isFinal: true)
        }
        return JSONTail(response.tail).member("usage").flatMap { TokenUsage($0, isFinal: true) }
    }
}

extension ArraySlice<UInt8> {
    /// - Parameter sequence: ASCII, at least one character.
    func contains(sequence: StaticString) -> Bool {
        sequence.withUTF8Buffer { wanted in
            var start = startIndex
            while let first = self[start...].firstIndex(of: wanted[0]) {
                if self[first...].starts(with: wanted) { return true }
                start = index(after: first)
            }
            return false
        }
    }
}
