internal import GatewayKit

/// A regular expression as Go reads it, searched for in a path and not bound to its ends.
struct GoPattern {
    /// What a policy can say without a regular expression.
    enum Form: Equatable {
        case everything
        /// `/v1/quotes`
        case exact(String)
        /// `/v1/quotes/*`, without the last two characters.
        case below(String)
        case regex
    }

    /// As Aperture's configuration has it.
    let text: String
    let form: Form
    /// Fits a whole path, as policies have it.
    let whole: String
    /// What each path that fits begins with, as far as that is known; `nil` stands for any one character.
    private let beginning: [Character?]
    /// True when nothing is asked for behind the beginning.
    private let fitsAllBehind: Bool

    static let everything = GoPattern(parsing: "")

    init(parsing text: String) {
        self.text = text
        var body = Substring(text)
        let isDivided = Self.isDivided(text)
        let isBound = (start: !isDivided && body.hasPrefix("^"), end: !isDivided && Self.endsBound(body))
        if isBound.start { body = body.dropFirst() }
        if isBound.end { body = body.dropLast() }
        let literal = Literal(isDivided || !isBound.start ? "" : body)
        beginning = literal.characters
        fitsAllBehind = isBound.start && (literal.rest == ".*" || literal.rest.isEmpty && !isBound.end)
        form = Self.form(of: body, literal, isBound: isBound, isDivided: isDivided)
        if isDivided {
            whole = ".*(?:\(text)).*"
        } else {
            let head = isBound.start || body.hasPrefix(".*") ? "" : ".*"
            let tail = isBound.end || body.hasSuffix(".*") && !body.hasSuffix("\\.*") ? "" : ".*"
            whole = "\(head)\(body)\(tail)"
        }
    }

    /// True when it can be compiled here too.
    var isReadable: Bool { PathRegex.isShallow(whole) && (try? Regex(whole)) != nil }

    /// True when it is certain that no path fits both.
    func isDisjoint(with other: GoPattern) -> Bool {
        for (first, second) in zip(beginning, other.beginning) {
            if let first, let second, first != second { return true }
        }
        return isShorter(than: other) || other.isShorter(than: self)
    }

    private func isShorter(than other: GoPattern) -> Bool {
        guard case .exact(let path) = form else { return false }
        return path.count < other.beginning.count
    }

    /// True when it is certain that every path of the other one fits this one too.
    func covers(_ other: GoPattern) -> Bool {
        if form == .everything || text == other.text { return true }
        return fitsAllBehind && other.beginning.count >= beginning.count
            && zip(beginning, other.beginning).allSatisfy { $0 == nil || $0 == $1 }
    }

    /// How many characters of a path are known: the more, the fewer paths fit.
    var knownCount: Int { beginning.count }

    // MARK: Reading

    private static func form(
        of body: Substring,
        _ literal: Literal,
        isBound: (start: Bool, end: Bool),
        isDivided: Bool
    ) -> Form {
        if [".*", "/.*", ""].contains(body), !isDivided {
            // `^$` fits no path; `/` fits each.
            return body.isEmpty && isBound.start && isBound.end ? .regex : .everything
        }
        let path = String(literal.characters.map { $0 ?? "." })
        let rest = literal.rest
        guard isBound.start, path.hasPrefix("/"), !isDivided else { return .regex }
        if rest.isEmpty, isBound.end {
            return isPlain(path) ? .exact(path) : .regex
        }
        guard rest == ".*" || rest.isEmpty, path.hasSuffix("/") else { return .regex }
        if path == "/" { return .everything }
        return isPlain(path) ? .below(String(path.dropLast())) : .regex
    }

    /// True when a policy's `path` means just this text.
    private static func isPlain(_ path: String) -> Bool {
        !path.contains { "{}*?".contains($0) } && RequestPath.normalised(path) == path
    }

    private static func endsBound(_ text: Substring) -> Bool {
        text.hasSuffix("$") && !text.hasSuffix("\\$")
    }

    /// True when an `|` stands outside of parentheses and brackets.
    private static func isDivided(_ text: String) -> Bool { alternatives(of: text[...]).count > 1 }

    /// What stands between the `|` that are in no parentheses.
    static func alternatives(of text: Substring) -> [Substring] {
        var parts = [Substring]()
        var depth = 0
        var isEscaped = false
        var isInBrackets = false
        var start = text.startIndex
        for index in text.indices {
            switch text[index] {
            case _ where isEscaped: isEscaped = false
            case "\\": isEscaped = true
            case "[" where !isInBrackets: isInBrackets = true
            case "]" where isInBrackets: isInBrackets = false
            case _ where isInBrackets: break
            case "(": depth += 1
            case ")": depth -= 1
            case "|" where depth == 0:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
        }
        return parts + [text[start...]]
    }

    /// The plain characters at the beginning of an expression.
    struct Literal {
        /// `nil` for a `.` between letters, which is meant as a full stop and fits anything.
        private(set) var characters: [Character?] = []
        private(set) var rest: Substring

        init(_ text: Substring) {
            rest = text
            while let first = rest.first {
                let next = rest.dropFirst().first
                // What repeats or leaves out the character is not plain.
                func isRepeated(_ length: Int) -> Bool {
                    rest.dropFirst(length).first.map { "*+?{".contains($0) } ?? false
                }
                if first == "\\", let next, !next.isLetter, !next.isNumber, !isRepeated(2) {
                    characters.append(next)
                    rest = rest.dropFirst(2)
                } else if first == ".", let last = characters.last, last?.isLetter == true || last?.isNumber == true,
                    next.map({ $0.isLetter || $0.isNumber }) == true
                {
                    characters.append(nil)
                    rest = rest.dropFirst()
                } else if !"\\.[](){}*+?|^$".contains(first), !isRepeated(1) {
                    characters.append(first)
                    rest = rest.dropFirst()
                } else {
                    return
                }
            }
        }
    }
}
