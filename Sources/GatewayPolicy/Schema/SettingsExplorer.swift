internal import GatewayKit

/// Learns what can be written by having it read, again and again with other settings, and hearing what is asked for.
///
/// So the schema of a plugin is never another one than its code's. A key that is only looked for among all keys, and never
/// asked for, cannot be heard of: it has to be hinted at.
struct SettingsExplorer {
    /// Deeper than any settings are.
    private static let depthLimit = 6
    /// Longer than a chain of keys of which each is asked for where the one before it is there.
    private static let roundLimit = 4
    private static let use = "use"

    private let root: String
    private let hints: [String: [String]]
    private let read: (PolicyNode, PolicyMistakes) -> Void

    /// - Parameters:
    ///   - root: the path of the settings, by which `hints` and notes know it.
    ///   - hints: keys that are not asked for, by the path of their map.
    ///   - read: makes something of settings, as the loader does.
    init(root: String, hints: [String: [String]], read: @escaping (PolicyNode, PolicyMistakes) -> Void) {
        self.root = root
        self.hints = hints
        self.read = read
    }

    func shape() -> SettingsShape {
        shape(at: root, depth: 0) { $0 }
    }

    private func hearing(of probe: SettingsProbe) -> SettingsHearing {
        let mistakes = PolicyMistakes()
        let hearing = SettingsHearing()
        mistakes.witness = hearing
        read(probe.node(at: root), mistakes)
        hearing.hear(mistakes)
        return hearing
    }

    /// - Parameter whole: the settings with a value in this place.
    private func shape(at path: String, depth: Int, in whole: (SettingsProbe) -> SettingsProbe) -> SettingsShape {
        guard depth < Self.depthLimit else { return .any([]) }
        var shapes = texts(at: path, in: whole)
        if let list = list(at: path, depth: depth, in: whole) { shapes.add(list) }
        for map in maps(at: path, depth: depth, in: whole) { shapes.add(map) }
        if hearing(of: whole(.empty)).accepts(path) { shapes.add(.empty) }
        return shapes.count == 1 ? shapes[0] : .any(shapes)
    }

    // MARK: Texts and lists

    private func texts(at path: String, in whole: (SettingsProbe) -> SettingsProbe) -> [SettingsShape] {
        let heard = hearing(of: whole(.text(SettingsForm.example)))
        var shapes = [SettingsShape]()
        var isPlain = false
        let key = path.split(separator: "/").last.map(String.init) ?? ""
        let parent = String(path.dropLast(key.count + 1))
        // Whoever asks for a form reads a text in it: what the reader of the text says about it is less.
        let forms = heard.questions(at: parent).compactMap { question -> SettingsQuestion? in
            if case .value(key, let form, _) = question { .text(form) } else { nil }
        }
        let asked = forms.isEmpty ? heard.questions(at: path) : forms
        for question in asked {
            switch question {
            case .text(.text): isPlain = true
            case .text(let form): shapes.add(.text(form))
            case .plugin(let kind): shapes.add(.plugin(kind))
            case .presence, .node, .value, .freeKeys: break
            }
        }
        if !shapes.isEmpty { return shapes }
        return isPlain || heard.accepts(path) ? [.text(.text)] : []
    }

    private func list(
        at path: String,
        depth: Int,
        in whole: (SettingsProbe) -> SettingsProbe
    ) -> SettingsShape? {
        let item = SettingsProbe.item(of: path)
        let heard = [.text(SettingsForm.example), .map([])].map { hearing(of: whole(.list([$0]))) }
        guard heard.contains(where: { $0.accepts(path) }),
            heard.contains(where: { !$0.questions(at: item).isEmpty })
        else { return nil }
        return .list(shape(at: item, depth: depth + 1) { whole(.list([$0])) })
    }

    // MARK: Maps

    private func maps(
        at path: String,
        depth: Int,
        in whole: (SettingsProbe) -> SettingsProbe
    ) -> [SettingsShape] {
        var shapes = [SettingsShape]()
        let plain = hearing(of: whole(.map([])))
        let named = hearing(of: whole(.map([(Self.use, .text(SettingsForm.example))])))
        let kind = named.questions(at: path).compactMap { if case .plugin(let kind) = $0 { kind } else { nil } }.first
        if let kind {
            let keys = keys(at: path, depth: depth, beside: [(Self.use, .text(SettingsForm.example))], in: whole)
            shapes.append(keys.isEmpty ? .plugin(kind) : .map(keys: keys, plugin: kind))
        }
        if plain.questions(at: path).contains(.freeKeys) {
            let key = SettingsProbe.key(SettingsForm.example, of: path)
            let value = shape(at: key, depth: depth + 1) { whole(.map([(SettingsForm.example, $0)])) }
            return shapes + [.freeMap(value)]
        }
        let keys = keys(at: path, depth: depth, beside: [], in: whole)
        if !keys.isEmpty {
            shapes.append(.map(keys: keys, plugin: nil))
        }
        return shapes
    }

    private func keys(
        at path: String,
        depth: Int,
        beside fixed: [(key: String, value: SettingsProbe)],
        in whole: (SettingsProbe) -> SettingsProbe
    ) -> [SettingsShape.Key] {
        var found = KeyFindings(hints: hints[path] ?? [], ignoring: Self.use)
        found.add(hearing(of: whole(.map(fixed))).questions(at: path), isEmpty: true)
        var tried: Set<String> = []
        for _ in 0..<Self.roundLimit {
            let new = found.names.filter { !tried.contains($0) }
            guard !new.isEmpty else { break }
            tried.formUnion(new)
            for name in new {
                for value in found.examples(of: name) {
                    found.add(hearing(of: whole(.map(fixed + [(name, value)]))).questions(at: path))
                }
            }
            let all = found.examples(beside: "")
            found.add(hearing(of: whole(.map(fixed + all))).questions(at: path))
        }
        return found.names.filter(found.isConfirmed).map { name in
            func value(beside others: [(key: String, value: SettingsProbe)]) -> SettingsShape {
                shape(at: SettingsProbe.key(name, of: path), depth: depth + 1) { value in
                    whole(.map(fixed + others + [(name, value)]))
                }
            }
            var heard = found.form(of: name).map { .text($0) } ?? value(beside: [])
            if heard.isNothing {
                // It may only go together with the others.
                heard = value(beside: found.examples(beside: name))
            }
            return SettingsShape.Key(name: name, shape: heard, isRequired: found.isRequired(name))
        }
    }
}

extension [SettingsShape] {
    /// Once, however often it was heard.
    fileprivate mutating func add(_ shape: SettingsShape) {
        let isKnown = contains { other in
            switch (shape, other) {
            case (.text(let form), .text(let other)): form == other
            case (.plugin(let kind), .plugin(let other)): kind == other
            case (.empty, .empty): true
            default: false
            }
        }
        if !isKnown { append(shape) }
    }
}

extension SettingsForm {
    static let example = "x"

    /// A text of the form, as far as that is known.
    var example: String {
        switch self {
        case .amount, .price: "1 sat"
        case .duration: "60s"
        case .rate: "1/s"
        case .byteCount: "1 KiB"
        case .flag: "true"
        case .integer(let range): "\(range.lowerBound)"
        case .choice(let words): words.first ?? Self.example
        case .text, .secret, .written: Self.example
        }
    }
}
