internal import GatewayKit

/// The tokens of output that a response has brought so far, guessed where it does not say: rather too many than too few, for
/// who leaves early is to pay for what came.
///
/// Of a stream each event is a token at least, and one for each four bytes of the text that it brings. Only the beginning and
/// the end of a body are kept: the denser of both stands for all of it. Of anything else, and of streams in no known words, each
/// four bytes are a token.
enum PassedTokens {
    /// What a member of an event names and no model writes.
    private static let labels: Set<String> = [
        "type", "role", "id", "name", "signature", "stop_reason", "finish_reason",
    ]

    /// 0 for what is no text, and for a whole document: that is one answer, of which the estimate was made.
    ///
    /// - Parameter isAsked: false where nothing was asked of a model: only a stream that is left brings something then, the answer
    ///   to a request before it.
    static func count(in response: MeteredUsage.Response, isAsked: Bool) -> UInt64 {
        let type = (response.contentType ?? "").lowercased()
        let isStream = type.hasPrefix("text/event-stream")
        guard isAsked || isStream && !response.isComplete else { return 0 }
        guard isStream || !response.isComplete && (type.hasPrefix("text/") || type.contains("json")) else { return 0 }
        let known = isStream && response.isReadable ? counted(in: response) : nil
        return min(known ?? tokens(of: response.byteCount), TokenCount.most)
    }

    private static func tokens(of byteCount: UInt64) -> UInt64 {
        byteCount / TokenEstimate.bytesOfToken + (byteCount % TokenEstimate.bytesOfToken == 0 ? 0 : 1)
    }

    // MARK: Events

    /// Tokens of whole lines, and their bytes.
    private struct Sample {
        let tokens: UInt64
        let byteCount: UInt64

        func scaled(to count: UInt64) -> UInt64 {
            let (whole, rest) = (UInt128(count) * UInt128(tokens)).quotientAndRemainder(dividingBy: UInt128(byteCount))
            return UInt64(clamping: whole + (rest > 0 ? 1 : 0))
        }
    }

    /// `nil` where no event is in known words.
    private static func counted(in response: MeteredUsage.Response) -> UInt64? {
        let isWhole = response.byteCount <= UInt64(response.tail.count)
        guard let end = sample(of: response.tail, isBeginning: isWhole) else { return nil }
        let beginning = isWhole ? nil : sample(of: response.head, isBeginning: true)
        return [end, beginning].compactMap { $0?.scaled(to: response.byteCount) }.max()
    }

    private static func sample(of bytes: [UInt8], isBeginning: Bool) -> Sample? {
        guard let last = bytes.lastIndex(where: isLineEnd), let first = bytes.firstIndex(where: isLineEnd) else {
            return nil
        }
        // The line at a cut is not whole.
        let lines = bytes[(isBeginning ? 0 : first + 1)..<(last + 1)]
        guard !lines.isEmpty else { return nil }
        var tokens: UInt64 = 0
        var isKnown = false
        for line in lines.split(whereSeparator: isLineEnd) where line.starts(with: "data:".utf8) {
            let text = line.dropFirst("data:".utf8.count)
            let event = try? text.withUnsafeBytes { try JSONReader.read($0) }
            let count = event.flatMap(textCount)
            if count != nil { isKnown = true }
            tokens += max(1, (count ?? 0) / TokenEstimate.bytesOfToken)
        }
        return isKnown ? Sample(tokens: tokens, byteCount: UInt64(lines.count)) : nil
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    /// The bytes of text that an event brings, where chat completions, completions, messages and responses have it; `nil` when
    /// there is no such place.
    private static func textCount(of event: JSONValue) -> UInt64? {
        var count: UInt64?
        func add(_ text: JSONValue?) {
            if let text { count = (count ?? 0) + byteCount(of: text) }
        }
        add(event["delta"])
        if case .array(let choices)? = event["choices"] {
            for choice in choices {
                add(choice["delta"])
                add(choice["text"])
            }
        }
        return count
    }

    private static func byteCount(of value: JSONValue) -> UInt64 {
        var count: UInt64 = 0
        switch value {
        case .string(let text): count = UInt64(text.utf8.count)
        case .array(let values):
            for value in values { count += byteCount(of: value) }
        case .object(let members):
            for member in members where !labels.contains(member.name) { count += byteCount(of: member.value) }
        case .null, .bool, .number: break
        }
        return count
    }
}
