internal import GatewayKit

/// Settings that are tried to learn what the code that reads them asks for. The place of each value is its path.
indirect enum SettingsProbe {
    case empty
    case text(String)
    case list([SettingsProbe])
    case map([(key: String, value: SettingsProbe)])

    func node(at path: String) -> PolicyNode {
        let content: PolicyNode.Content =
            switch self {
            case .empty: .empty
            case .text(let text): .text(text)
            case .list(let items): .list(items.map { $0.node(at: Self.item(of: path)) })
            case .map(let entries):
                .map(
                    entries.map { key, value in
                        let path = Self.key(key, of: path)
                        return .init(key: key, keyPlace: Self.place(path), value: value.node(at: path))
                    }
                )
            }
        return PolicyNode(content, at: Self.place(path))
    }

    static func item(of path: String) -> String { "\(path)/*" }
    static func key(_ key: String, of path: String) -> String { path.isEmpty ? key : "\(path)/\(key)" }
    private static func place(_ path: String) -> Place { Place(file: path, line: 1, column: 1) }
}

/// What was asked and refused while one probe was read.
final class SettingsHearing: SettingsWitness {
    private var questions: [String: [SettingsQuestion]] = [:]
    private var refused: Set<String> = []

    func hear(_ question: SettingsQuestion, at place: Place) {
        questions[place.file, default: []].append(question)
    }

    func hear(_ mistakes: PolicyMistakes) {
        refused.formUnion(mistakes.all.map(\.place.file))
    }

    func questions(at path: String) -> [SettingsQuestion] { questions[path] ?? [] }

    /// True when no mistake was noted of this very value.
    func accepts(_ path: String) -> Bool { !refused.contains(path) }
}
