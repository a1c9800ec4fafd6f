internal import GatewayKit

/// A map of Aperture's configuration. Warns, by line, of what does not come along; never repeats a value.
struct ApertureSection {
    let name: String
    let place: Place
    private let entries: [PolicyNode.Entry]
    private let warnings: PolicyMistakes
    private var known: Set<String> = []

    /// Anything but a map counts as an empty one.
    init(_ node: PolicyNode, name: String, warnings: PolicyMistakes) {
        self.name = name
        self.warnings = warnings
        place = node.place
        switch node.content {
        case .map(let entries):
            self.entries = entries
        case .empty:
            entries = []
        case .text, .reference, .list:
            entries = []
            warnings.note(PolicyMistake(place, "'\(name)' should be a map: it is left out"))
        }
    }

    func warn(_ place: Place, _ message: String) {
        warnings.note(PolicyMistake(place, message))
    }

    /// The entry of a key that Aperture knows; `nil` where it is not written, or nothing stands behind it.
    mutating func take(_ key: String) -> PolicyNode.Entry? {
        known.insert(key)
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        if case .empty = entry.value.content { return nil }
        return entry
    }

    mutating func section(_ key: String) -> ApertureSection? {
        take(key).map { ApertureSection($0.value, name: key, warnings: warnings) }
    }

    func section(_ node: PolicyNode, named name: String) -> ApertureSection {
        ApertureSection(node, name: name, warnings: warnings)
    }

    mutating func text(_ key: String) -> String? {
        guard let entry = take(key) else { return nil }
        return text(of: entry.value, named: key)
    }

    func text(of node: PolicyNode, named name: String) -> String? {
        if case .text(let text) = node.content { return text }
        warn(node.place, "'\(name)' should be a text: it is left out")
        return nil
    }

    /// The texts of a list, with their places.
    mutating func texts(_ key: String) -> [(text: String, place: Place)] {
        guard let entry = take(key) else { return [] }
        guard case .list(let nodes) = entry.value.content else {
            warn(entry.value.place, "'\(key)' should be a list: it is left out")
            return []
        }
        return nodes.compactMap { node in text(of: node, named: key).map { ($0, node.place) } }
    }

    mutating func sections(_ key: String) -> [ApertureSection] {
        guard let entry = take(key) else { return [] }
        guard case .list(let nodes) = entry.value.content else {
            warn(entry.value.place, "'\(key)' should be a list: it is left out")
            return []
        }
        return nodes.map { ApertureSection($0, name: key, warnings: warnings) }
    }

    /// The entries of a map whose keys are free.
    mutating func map(_ key: String) -> [PolicyNode.Entry] {
        guard let entry = take(key) else { return [] }
        guard case .map(let entries) = entry.value.content else {
            warn(entry.value.place, "'\(key)' should be a map: it is left out")
            return []
        }
        return entries
    }

    /// `nil` where there is none, or, with a warning, where it is neither true nor false.
    mutating func flag(_ key: String) -> Bool? {
        guard let text = text(key), let place = take(key)?.value.place else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default:
            warn(place, "'\(key)' should be true or false, and Aperture does not start with what stands here")
            return nil
        }
    }

    /// Warns of keys that have no meaning here, each with what to do instead.
    mutating func leaveOut(_ reasons: KeyValuePairs<String, String>) {
        for (key, reason) in reasons {
            guard let entry = take(key) else { continue }
            warn(entry.keyPlace, "'\(key)' is left out: \(reason)")
        }
    }

    /// The same for a map: one warning for all of it, and one for each key in it that Aperture does not know.
    mutating func leaveOut(_ key: String, of keys: [String], _ reason: String) {
        guard let entry = take(key) else { return }
        warn(entry.keyPlace, "'\(key)' is left out: \(reason)")
        guard case .map = entry.value.content else { return }
        var section = ApertureSection(entry.value, name: key, warnings: warnings)
        section.known.formUnion(keys)
        section.finish()
    }

    /// Warns of keys that Aperture does not know, and so ignores without a word.
    func finish() {
        for entry in entries where !known.contains(entry.key) {
            let hint = Guess.hint(for: entry.key, among: known)
            warn(
                entry.keyPlace,
                "unknown key '\(entry.key)'\(hint) in '\(name)': Aperture ignores it, and so does this policy"
            )
        }
    }
}
