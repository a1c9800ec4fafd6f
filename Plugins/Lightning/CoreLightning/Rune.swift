internal import GatewayKit

/// What a rune of Core Lightning permits, as far as it says so itself: a list of restrictions, each of which is met by any of
/// its alternatives (Core Lightning, `createrune`). Base64 of 32 bytes and of that text.
package struct Rune: Sendable {
    private struct Alternative: Hashable {
        let field: String
        let condition: Character
        let value: String
    }

    private let restrictions: [[Alternative]]

    private static let conditions: Set<Character> = ["!", "=", "/", "^", "$", "~", "<", ">", "{", "}", "#"]

    /// `nil` for a text that is no rune.
    package init?(_ text: String) {
        // A rune has some hundred characters.
        guard text.utf8.count <= 16_384, let bytes = Base64.standard.decoded(text), bytes.count >= 32,
            let written = String(validating: bytes.dropFirst(32), as: UTF8.self)
        else { return nil }
        guard !written.isEmpty else {
            restrictions = []
            return
        }
        var restrictions = [[Alternative]]()
        for restriction in Self.split(written, at: "&") {
            var alternatives = [Alternative]()
            for text in Self.split(restriction, at: "|") {
                guard let index = text.firstIndex(where: Self.conditions.contains) else { return nil }
                alternatives.append(
                    Alternative(
                        field: String(text[..<index]),
                        condition: text[index],
                        value: Self.unescaped(text[text.index(after: index)...])
                    )
                )
            }
            restrictions.append(alternatives)
        }
        self.restrictions = restrictions
    }

    /// False where it cannot: each restriction has to have an alternative that the method meets, or that is not about
    /// methods.
    package func mayPermit(_ method: String) -> Bool {
        restrictions.allSatisfy { alternatives in
            alternatives.contains { alternative in
                guard alternative.field == "method" else { return true }
                let value = alternative.value
                return switch alternative.condition {
                case "=": method == value
                case "/": method != value
                case "^": method.hasPrefix(value)
                case "$": method.hasSuffix(value)
                case "~": method.contains(value)
                case "{": method < value
                case "}": method > value
                // A comment.
                case "#": true
                // Missing, or a number: a method is neither.
                default: false
                }
            }
        }
    }

    // MARK: Text

    /// A backslash takes its meaning from what follows it.
    private static func split(_ text: String, at separator: Character) -> [String] {
        var parts = [""]
        var isEscaped = false
        for character in text {
            if character == separator, !isEscaped {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        return parts
    }

    private static func unescaped(_ text: Substring) -> String {
        var plain = ""
        var isEscaped = false
        for character in text {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                plain.append(character)
                isEscaped = false
            }
        }
        return plain
    }
}
