internal import GatewayKit

/// Where parameters stand in a text: `$name` alone, or `${name}` within. `$$name` and `$${name}` stand for themselves, without the
/// first `$`.
enum ParameterText {
    enum Part: Equatable {
        case text(String)
        case parameter(String)
    }

    /// The name when the whole text is a parameter.
    static func whole(_ text: String) -> String? {
        guard text.hasPrefix("$"), isName(text.dropFirst()) else { return nil }
        return String(text.dropFirst())
    }

    /// The parts of a text that is no parameter as a whole; `nil` when a `${` has no name and no `}`.
    static func parts(of text: String) -> [Part]? {
        guard text.contains("$") else { return [.text(text)] }
        if text.hasPrefix("$$"), isName(text.dropFirst(2)) { return [.text(String(text.dropFirst()))] }
        var parts = [Part]()
        var literal = ""
        var rest = text[...]
        while let next = rest.first {
            if rest.hasPrefix("$${") {
                literal += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else { return nil }
                let name = rest[..<end].dropFirst(2)
                guard isName(name) else { return nil }
                parts += [.text(literal), .parameter(String(name))]
                literal = ""
                rest = rest[rest.index(after: end)...]
            } else {
                literal.append(next)
                rest = rest.dropFirst()
            }
        }
        parts.append(.text(literal))
        return parts.filter { $0 != .text("") }
    }

    /// Letters, digits, `-` and `_`, with a letter first.
    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
            default: false
            }
        }
    }
}
