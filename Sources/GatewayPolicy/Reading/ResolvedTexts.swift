internal import GatewayKit

/// What `!file` and `!env` stood for in one run, so that no message repeats it.
final class ResolvedTexts {
    /// Shorter texts are looked for in quotes alone: a secret of three letters is in too many words.
    private static let shortest = 8

    private var texts: Set<String> = []
    /// What is written down in the policy where a secret is asked for.
    private(set) var written: Set<String> = []

    func insert(_ text: String) {
        texts.insert(text)
    }

    func insertWritten(_ text: String) {
        written.insert(text)
    }

    /// The same mistakes, hiding what must not be printed. Plugins word messages of their own, with what they found.
    func hidden(in mistakes: [PolicyMistake]) -> [PolicyMistake] {
        guard !texts.isEmpty else { return mistakes }
        // The longest first: one may be part of another.
        let texts = texts.sorted { ($1.count, $0) < ($0.count, $1) }
        return mistakes.map { mistake in
            var message = mistake.message
            for text in texts {
                message.replace("'\(text)'", with: "\(Secret(text))")
                if text.count >= Self.shortest {
                    message.replace(text, with: "\(Secret(text))")
                }
            }
            return PolicyMistake(mistake.place, message, rule: mistake.rule)
        }
    }
}
