internal import GatewayKit

/// What was heard about the keys of a map.
struct KeyFindings {
    private var forms: [String: SettingsForm] = [:]
    /// Asked for, and not only looked for.
    private var confirmed: Set<String> = []
    private var nodes: Set<String> = []
    private var required: Set<String> = []
    private(set) var names: [String]
    private let ignored: String

    init(hints: [String], ignoring ignored: String) {
        names = hints
        confirmed = Set(hints)
        nodes = Set(hints)
        self.ignored = ignored
    }

    /// - Parameter isEmpty: nothing was written: what is needed is needed always.
    mutating func add(_ questions: [SettingsQuestion], isEmpty: Bool = false) {
        for question in questions {
            switch question {
            case .presence(let name):
                add(name)
            case .node(let name):
                add(name)
                confirmed.insert(name)
                nodes.insert(name)
            case .value(let name, let form, let isRequired):
                add(name)
                confirmed.insert(name)
                forms[name] = forms[name] ?? form
                if isEmpty, isRequired { required.insert(name) }
            case .text, .freeKeys, .plugin:
                break
            }
        }
    }

    private mutating func add(_ name: String) {
        if name != ignored, !names.contains(name) { names.append(name) }
    }

    func isConfirmed(_ name: String) -> Bool { confirmed.contains(name) }
    func isRequired(_ name: String) -> Bool { required.contains(name) }

    /// `nil` where the value may be more than a text.
    func form(of name: String) -> SettingsForm? { nodes.contains(name) ? nil : forms[name] }

    /// One for each key but this one.
    func examples(beside name: String) -> [(key: String, value: SettingsProbe)] {
        names.filter { $0 != name }.compactMap { name in examples(of: name).first.map { (key: name, value: $0) } }
    }

    /// Each word of a choice: other keys may depend on it.
    func examples(of name: String) -> [SettingsProbe] {
        switch forms[name] {
        case .choice(let words)? where !nodes.contains(name): words.map { .text($0) }
        case let form?: [.text(form.example)]
        case nil: [.text(SettingsForm.example), .map([])]
        }
    }
}
