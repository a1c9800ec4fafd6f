/// Texts that a regular expression may match, made by reading it from left to right. Whoever uses them asks the expression: what it has
/// beyond characters, classes, groups, alternatives and repetitions is taken for its letters.
struct RegexSample {
    /// Of alternatives that multiply.
    private static let most = 16
    private static let depthLimit = 32
    /// Repetitions of repetitions would make more of a few letters than there is room for.
    private static let longest = 1_024

    private var rest: Substring.UnicodeScalarView
    private var depth = 0

    static func texts(of expression: String) -> [String] {
        var sample = RegexSample(rest: expression[...].unicodeScalars)
        return sample.alternatives()
    }

    private init(rest: Substring.UnicodeScalarView) {
        self.rest = rest
    }

    private mutating func alternatives() -> [String] {
        var all = sequence()
        while rest.first == "|" {
            rest.removeFirst()
            all += sequence()
        }
        return Array(all.prefix(Self.most))
    }

    private mutating func sequence() -> [String] {
        var texts = [""]
        while let next = rest.first, next != "|", next != ")" {
            let repeated = repeated(atom())
            texts = Array(texts.flatMap { text in repeated.map { Self.joined(text, $0) } }.prefix(Self.most))
        }
        return texts
    }

    private mutating func atom() -> [String] {
        let first = rest.removeFirst()
        switch first {
        case "(": return group()
        case "[": return [characterClass()]
        case "\\": return [escape()]
        case ".": return ["x"]
        case "^", "$": return [""]
        default: return [String(Character(first))]
        }
    }

    private mutating func group() -> [String] {
        if rest.first == "?" {
            rest.removeFirst()
            // (?:...), (?<name>...), (?i); what looks ahead or behind matches nothing here.
            while let next = rest.first, next != ":", next != ">", next != ")" {
                rest.removeFirst()
            }
            if let next = rest.first, next != ")" { rest.removeFirst() }
        }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else {
            rest.removeAll()
            return [""]
        }
        let texts = alternatives()
        if rest.first == ")" { rest.removeFirst() }
        return texts
    }

    /// The first character of a class; of one that excludes some, a usual one that is not named.
    private mutating func characterClass() -> String {
        let excludes = rest.first == "^"
        if excludes { rest.removeFirst() }
        var members = [String]()
        while let next = rest.first, next != "]" || members.isEmpty {
            rest.removeFirst()
            members.append(next == "\\" ? escape() : String(Character(next)))
        }
        if !rest.isEmpty { rest.removeFirst() }
        guard excludes else { return members.first ?? "" }
        return ["x", "1", "-", "q"].first { !members.contains($0) } ?? ""
    }

    private mutating func escape() -> String {
        guard !rest.isEmpty else { return "" }
        let next = rest.removeFirst()
        switch next {
        case "d": return "1"
        case "w": return "x"
        case "s", "S", "D", "W": return next == "s" ? " " : "x"
        case "b", "B", "A", "z", "Z": return ""
        default: return String(Character(next))
        }
    }

    private mutating func repeated(_ texts: [String]) -> [String] {
        var least = 1
        switch rest.first {
        case "*", "+":
            rest.removeFirst()
        case "?":
            rest.removeFirst()
            return Array((texts + [""]).prefix(Self.most))
        case "{":
            let digits = rest.dropFirst().prefix { ("0"..."9").contains($0) }
            guard !digits.isEmpty, let count = Int(String(digits)) else { return texts }
            rest = rest[(rest.firstIndex(of: "}").map { rest.index(after: $0) } ?? rest.endIndex)...]
            least = min(max(count, 1), 64)
        default:
            return texts
        }
        if let next = rest.first, next == "?" || next == "+" { rest.removeFirst() }
        return texts.map { text in
            String(repeating: text, count: min(least, max(1, Self.longest / max(1, text.utf8.count))))
        }
    }

    /// What is too long already grows no more: it is no sample then, unless it fits as it is.
    private static func joined(_ text: String, _ next: String) -> String {
        text.utf8.count > longest ? text : text + next
    }
}
