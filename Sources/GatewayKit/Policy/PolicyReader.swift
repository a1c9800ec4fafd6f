/// Reads the settings of one plugin from a policy. Decoding is validating.
///
/// A value that is wrong or missing is noted with its place, and a harmless one is returned in its stead, so that all
/// mistakes of a policy are told in one run; a plan with a mistake is never used. Keys that nobody asked for are
/// mistakes too. A plugin throws `error(at:_:)` only for what concerns several keys.
public struct PolicyReader {
    /// Where the settings begin.
    public let place: Place
    /// The word that named the plugin, as it stands in messages.
    public let word: String
    private let node: PolicyNode
    private let entries: [PolicyNode.Entry]
    private let mistakes: PolicyMistakes
    let references: any PolicyReferences
    private var known: Set<String> = []
    private var usesWhole = false

    /// `ignoring` names keys that were read already, such as `use`.
    public init(
        _ node: PolicyNode,
        word: String,
        mistakes: PolicyMistakes,
        references: any PolicyReferences,
        ignoring: Set<String> = []
    ) {
        self.node = node
        self.word = word
        self.mistakes = mistakes
        self.references = references
        place = node.place
        if case .map(let entries) = node.content {
            self.entries = entries
        } else {
            entries = []
        }
        known = ignoring
    }

    // MARK: Structure

    /// The keys that are written down, in their order.
    public var keys: [String] { entries.map(\.key) }

    public func contains(_ key: String) -> Bool {
        tell(.presence(of: key))
        return entries.contains { $0.key == key }
    }

    /// The node behind a key, for what the typed accessors do not cover; `nil` when the key is not there.
    public mutating func node(_ key: String) -> PolicyNode? {
        tell(.node(of: key))
        return entry(key)
    }

    mutating func entry(_ key: String) -> PolicyNode? {
        known.insert(key)
        return entries.first { $0.key == key }?.value
    }

    func tellPlugin(_ kind: String, at place: Place) {
        mistakes.witness?.hear(.plugin(kind), at: place)
    }

    func tell(_ question: SettingsQuestion) {
        mistakes.witness?.hear(question, at: place)
    }

    /// The settings themselves when they are short for one key: `price: 10 sat` for `{ use: static, amount: 10 sat }`.
    /// `nil` when they are a map or nothing.
    public mutating func shorthand() -> PolicyNode? {
        switch node.content {
        case .map, .empty: return nil
        case .text, .reference, .list:
            usesWhole = true
            return node
        }
    }

    /// The settings themselves, whatever they are, for a plugin that hands them on to another one.
    public mutating func whole() -> PolicyNode {
        usesWhole = true
        known.formUnion(keys)
        return node
    }

    /// All entries of a map whose keys are free: the settings themselves.
    public mutating func freeEntries() -> [PolicyNode.Entry] {
        tell(.freeKeys)
        known.formUnion(keys)
        return entries
    }

    /// A reader for the map behind a key; `nil` when the key is not there.
    public mutating func section(_ key: String) -> PolicyReader? {
        guard let node = node(key) else { return nil }
        switch node.content {
        case .map, .empty:
            return reader(for: node, word: key)
        default:
            note(node.place, "'\(key)' should be a map, not \(node.kind)")
            return nil
        }
    }

    public func reader(for node: PolicyNode, word: String, ignoring: Set<String> = []) -> PolicyReader {
        PolicyReader(node, word: word, mistakes: mistakes, references: references, ignoring: ignoring)
    }

    /// A value, or the values of a list of them; empty when the key is not there.
    public mutating func nodes(_ key: String) -> [PolicyNode] {
        guard let node = node(key) else { return [] }
        if case .list(let nodes) = node.content { return nodes }
        if case .empty = node.content { return [] }
        return [node]
    }

    // MARK: Values

    public mutating func text(_ key: String, or fallback: String? = nil) -> String {
        tell(.value(of: key, .text, isRequired: fallback == nil))
        guard let node = entry(key) else { return missing(key, "a text", fallback) ?? "" }
        return text(of: node, expected: "'\(key)' should be a text") ?? ""
    }

    public mutating func texts(_ key: String) -> [String] {
        nodes(key).compactMap { text(of: $0, expected: "'\(key)' should be a text or a list of texts") }
    }

    /// A text from which something is made; `example` shows the form in messages.
    public mutating func value<Value>(
        _ key: String,
        or fallback: Value?,
        placeholder: Value,
        expected: String,
        _ parse: (String) -> Value?
    ) -> Value {
        read(key, .written(expected), or: fallback, placeholder: placeholder, expected: expected, parse)
    }

    private mutating func read<Value>(
        _ key: String,
        _ form: SettingsForm,
        or fallback: Value?,
        placeholder: Value,
        expected: String,
        _ parse: (String) -> Value?
    ) -> Value {
        tell(.value(of: key, form, isRequired: fallback == nil))
        guard let node = entry(key) else { return missing(key, expected, fallback) ?? placeholder }
        return value(of: node, named: "'\(key)'", expected: expected, parse) ?? placeholder
    }

    /// The same for a node that was found otherwise; notes a mistake and returns `nil` when it does not fit.
    public func value<Value>(
        of node: PolicyNode,
        named name: String,
        expected: String,
        _ parse: (String) -> Value?
    ) -> Value? {
        mistakes.witness?.hear(.text(.written(expected)), at: node.place)
        guard let text = text(of: node, expected: "\(name) should be \(expected)") else { return nil }
        if let value = parse(text) { return value }
        note(node.place, "\(name) should be \(expected), not '\(text)'")
        return nil
    }

    public mutating func amount(_ key: String, or fallback: Amount? = nil) -> Amount {
        read(key, .amount, or: fallback, placeholder: .zero, expected: Expectation.amount) { Amount(parsing: $0) }
    }

    /// What something costs, in any currency that the policy's `rates` know.
    public mutating func price(_ key: String, _ services: Services) -> Price {
        tell(.value(of: key, .price, isRequired: true))
        guard let node = entry(key) else { return missing(key, Expectation.price, nil) ?? .free }
        return price(of: node, named: "'\(key)'", services) ?? .free
    }

    /// The same for a node that was found otherwise; notes a mistake and returns `nil` when it does not fit.
    public func price(
        of node: PolicyNode,
        named name: String,
        expected: String = Expectation.price,
        _ services: Services
    ) -> Price? {
        guard let price = value(of: node, named: name, expected: expected, { Price(parsing: $0) }) else { return nil }
        if case .fiat(let amount) = price, !price.isFree, !services.rates.currencies.contains(amount.currency) {
            let known = services.rates.currencies.map(\.code).joined(separator: ", ")
            note(
                node.place,
                known.isEmpty
                    ? "a price in \(amount.currency) needs 'rates' in the policy, with sources that give it"
                    : "no source of 'rates' gives \(amount.currency); there is \(known)",
                rule: .unknownCurrency
            )
        }
        return price
    }

    public mutating func duration(_ key: String, or fallback: Duration? = nil) -> Duration {
        read(key, .duration, or: fallback, placeholder: .seconds(1), expected: Expectation.duration) {
            Duration(parsing: $0)
        }
    }

    public mutating func rate(_ key: String, or fallback: Rate? = nil) -> Rate? {
        read(key, .rate, or: fallback.map(Optional.some), placeholder: nil, expected: Expectation.rate) { text in
            Rate(parsing: text).map(Optional.some)
        }
    }

    public mutating func byteCount(_ key: String, or fallback: ByteCount? = nil) -> ByteCount {
        read(key, .byteCount, or: fallback, placeholder: ByteCount(1), expected: Expectation.byteCount) {
            ByteCount(parsing: $0)
        }
    }

    public mutating func integer(_ key: String, in range: ClosedRange<Int>, or fallback: Int? = nil) -> Int {
        read(
            key,
            .integer(range),
            or: fallback,
            placeholder: range.lowerBound,
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        ) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    public mutating func flag(_ key: String, or fallback: Bool) -> Bool {
        read(key, .flag, or: fallback, placeholder: fallback, expected: "true or false") { text in
            switch text {
            case "true": true
            case "false": false
            default: nil
            }
        }
    }

    /// One of several words, with a guess when it is none of them.
    public mutating func choice(_ key: String, of words: [String], or fallback: String? = nil) -> String {
        let placeholder = fallback ?? words.first ?? ""
        let list = words.joined(separator: ", ")
        tell(.value(of: key, .choice(words), isRequired: fallback == nil))
        guard let node = entry(key) else { return missing(key, "one of \(list)", fallback) ?? placeholder }
        guard let text = text(of: node, expected: "'\(key)' should be one of \(list)") else { return placeholder }
        if words.contains(text) { return text }
        note(node.place, "'\(key)' should be one of \(list), not '\(text)'\(Guess.hint(for: text, among: words))")
        return placeholder
    }

    /// A text that is never printed, from a `!file` or an `!env` or written down.
    public mutating func secret(_ key: String) -> Secret? {
        tell(.value(of: key, .secret, isRequired: true))
        guard let node = entry(key) else {
            note(
                place,
                "'\(word)' needs '\(key)': a secret such as !env NAME or !file path",
                rule: .missingSetting
            )
            return nil
        }
        if case .text(let text) = node.content { references.noteSecret(text) }
        return text(of: node, expected: "'\(key)' should be a text, !env NAME or !file path").map(Secret.init)
    }

    /// The text of a node; follows `!file` and `!env`. Notes a mistake and returns `nil` for anything else.
    public func text(of node: PolicyNode, expected: String) -> String? {
        mistakes.witness?.hear(.text(.text), at: node.place)
        switch node.content {
        case .text(let text): return text
        case .reference(let reference):
            do {
                return try references.resolve(reference)
            } catch {
                note(node.place, "\(error)", rule: .missingReference)
                return nil
            }
        case .empty, .list, .map:
            note(node.place, "\(expected), not \(node.kind)")
            return nil
        }
    }

    // MARK: Mistakes

    /// A mistake at a key, or at the settings as a whole when the key is not there; `message` follows the key's name.
    public func error(at key: String, _ message: String) -> PolicyMistake {
        PolicyMistake(entries.first { $0.key == key }?.value.place ?? place, "'\(key)' \(message)")
    }

    public func note(_ place: Place, _ message: String, rule: PolicyRule = .setting) {
        mistakes.note(PolicyMistake(place, message, rule: rule))
    }

    public func note(_ error: any Error) {
        mistakes.note(error, at: place)
    }

    /// Notes the keys that nobody asked for. Called once, after the plugin was made.
    public func finish() {
        if !usesWhole {
            switch node.content {
            case .text, .reference, .list:
                note(place, "'\(word)' should be a map of settings, not \(node.kind)")
            case .empty, .map: break
            }
        }
        for entry in entries where !known.contains(entry.key) {
            let expected = known.sorted().joined(separator: ", ")
            let hint = Guess.hint(for: entry.key, among: known)
            let list = expected.isEmpty ? "'\(word)' takes no settings" : "'\(word)' takes \(expected)"
            note(entry.keyPlace, "unknown key '\(entry.key)'\(hint); \(list)", rule: .unknownKey)
        }
    }

    private func missing<Value>(_ key: String, _ expected: String, _ fallback: Value?) -> Value? {
        if fallback == nil {
            note(place, "'\(word)' needs '\(key)': \(expected)", rule: .missingSetting)
        }
        return fallback
    }
}

/// The forms of values, as messages name them.
public enum Expectation {
    public static let amount = "an amount such as 10 sat or 1500 msat"
    public static let price = "a price such as 10 sat, 1500 msat or 0.02 USD"
    public static let duration = "a duration such as 200ms, 60s, 5m, 1h or 30d"
    public static let rate = "a rate such as 20/s, 100/m or 1000/h"
    public static let byteCount = "a size such as 16 KiB or 1 MiB"
}

/// Follows `!file` and `!env`. Only the executable reads the environment.
public protocol PolicyReferences {
    /// Without the line end at the end of a file.
    ///
    /// - Throws: a sentence that says what is missing and never what was found.
    func resolve(_ reference: PolicyNode.Reference) throws -> String

    /// The same for what need not be text: a file as it is.
    func bytes(of reference: PolicyNode.Reference) throws -> [UInt8]

    /// Hears of a secret that is written down in the policy, so that nothing prints it. By default nothing happens.
    func noteSecret(_ text: String)
}

extension PolicyReferences {
    public func bytes(of reference: PolicyNode.Reference) throws -> [UInt8] { Array(try resolve(reference).utf8) }
    public func noteSecret(_ text: String) {}
}
