internal import GatewayKit
internal import Yams

/// YAML to policy nodes. Nothing else knows YAML.
struct PolicySyntax {
    /// More than any policy needs; aliases of aliases can make a short text into more.
    private static let nodeLimit = 500_000
    private static let depthLimit = 64
    /// The most duplicate keys that one run tells.
    private static let maskLimit = 100

    private var source: SourceText
    private let mistakes: PolicyMistakes
    /// The folder that `!file` begins from, with the `/` at its end.
    private let folder: String
    /// Keys that were overwritten in `source` so that Yams composes a map in which they stand twice.
    private var masked: [SourceText.Position: String] = [:]
    private var nodeCount = 0

    init(_ source: SourceText, folder: String, mistakes: PolicyMistakes) {
        self.source = source
        self.folder = folder
        self.mistakes = mistakes
    }

    /// The root of the file; `nil` when a mistake was noted that leaves nothing to read.
    mutating func root() -> PolicyNode? {
        while true {
            do {
                guard let node = try compose(yaml: source.text, .basic) else {
                    return PolicyNode(.empty, at: source.place(of: .init()))
                }
                return convert(node, depth: 0)
            } catch {
                guard case .duplicatedKeysInMapping(let keys, let context)? = error as? YamlError,
                    mask(keys, at: context.mark)
                else {
                    note(error)
                    return nil
                }
            }
        }
    }

    // MARK: Duplicate keys

    /// Yams refuses a map with a duplicate key and tells only where the first one stands. Overwriting the first one in
    /// place, and remembering it, lets the map be composed, so that the second one can be told with its place and the
    /// other mistakes of the file with it.
    private mutating func mask(_ keys: [String], at mark: Mark) -> Bool {
        let position = SourceText.Position(line: mark.line, column: mark.column)
        guard masked.count < Self.maskLimit, masked[position] == nil, let index = source.index(of: position),
            let marker = Unicode.Scalar(0xE000 + UInt32(masked.count))
        else { return false }
        for key in keys where !key.isEmpty {
            // Private use characters: every one is a key of its own.
            let filler: [Unicode.Scalar] = Array(repeating: "\u{F8FF}", count: key.unicodeScalars.count - 1)
            if source.replaceKey(key, at: index, by: [marker] + filler) {
                masked[position] = key
                return true
            }
        }
        return false
    }

    // MARK: Nodes

    private mutating func convert(_ node: Node, depth: Int) -> PolicyNode {
        let position = SourceText.Position(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        let place = source.place(of: position)
        nodeCount += 1
        guard depth <= Self.depthLimit, nodeCount <= Self.nodeLimit else {
            note(.tooLarge, place, "the file is nested too deeply or too large")
            return PolicyNode(.empty, at: place)
        }
        switch node {
        case .scalar(let scalar):
            return PolicyNode(content(of: scalar, at: place), at: place, style: Self.style(of: scalar))
        case .sequence(let sequence):
            refuseTag(sequence.tag, at: place)
            return PolicyNode(.list(sequence.map { convert($0, depth: depth + 1) }), at: place)
        case .mapping(let mapping):
            refuseTag(mapping.tag, at: place)
            return PolicyNode(.map(entries(of: mapping, depth: depth)), at: place)
        case .alias:
            note(.notYAML, place, "this alias names no anchor")
            return PolicyNode(.empty, at: place)
        }
    }

    private mutating func entries(of mapping: Node.Mapping, depth: Int) -> [PolicyNode.Entry] {
        var entries = [PolicyNode.Entry]()
        var merged = [PolicyNode.Entry]()
        var firstPlaces = [String: Place]()
        for (key, value) in mapping {
            let position = SourceText.Position(line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
            let place = source.place(of: position)
            guard case .scalar(let scalar) = key else {
                note(.notYAML, place, "a key should be a word, not a list or a map")
                continue
            }
            let name = masked[position] ?? scalar.string
            if let first = firstPlaces[name] {
                note(.duplicateKey, place, "duplicate key '\(name)'; the first one stands in line \(first.line)")
                continue
            }
            firstPlaces[name] = place
            let node = convert(value, depth: depth + 1)
            if name == "<<", scalar.style == .plain {
                merged = mergedEntries(of: node)
            } else {
                entries.append(.init(key: name, keyPlace: place, value: node))
            }
        }
        return Overlay.joined(entries, over: merged)
    }

    /// The entries of the map behind `<<`, or of a list of maps, of which the earlier ones win
    /// (YAML 1.1, "Merge Key Language-Independent Type").
    private func mergedEntries(of node: PolicyNode) -> [PolicyNode.Entry] {
        let maps: [PolicyNode] = if case .list(let nodes) = node.content { nodes } else { [node] }
        var merged = [PolicyNode.Entry]()
        for map in maps {
            guard case .map(let entries) = map.content else {
                note(.mergeKey, map.place, "'<<' takes a map, or a list of maps, not \(map.kind)")
                continue
            }
            merged = Overlay.joined(merged, over: entries.map { Overlay.marked($0, as: "merged") })
        }
        return merged
    }

    private static func style(of scalar: Node.Scalar) -> PolicyNode.Style {
        switch scalar.style {
        case .singleQuoted: .singleQuoted
        case .doubleQuoted: .doubleQuoted
        case .literal, .folded: .block
        default: .plain
        }
    }

    private func content(of scalar: Node.Scalar, at place: Place) -> PolicyNode.Content {
        let text = scalar.string
        switch scalar.tag.description {
        case "!file":
            guard !text.isEmpty else { break }
            return .reference(.file(FilePath.resolve(text, in: folder)))
        case "!env":
            guard !text.isEmpty else { break }
            return .reference(.environment(text))
        default:
            refuseTag(scalar.tag, at: place)
            return text.isEmpty && scalar.style == .plain ? .empty : .text(text)
        }
        note(.unknownTag, place, "'\(scalar.tag.description)' needs a name behind it")
        return .text("")
    }

    private func refuseTag(_ tag: Tag, at place: Place) {
        let name = tag.description
        guard !name.isEmpty, name != "!", !name.hasPrefix("tag:yaml.org,2002:") else { return }
        if name == "!file" || name == "!env" {
            note(.unknownTag, place, "'\(name)' needs a name behind it, not a list or a map")
        } else {
            let hint = Guess.hint(for: name, among: ["!file", "!env"])
            note(.unknownTag, place, "unknown tag '\(name)'\(hint); there are !file path and !env NAME")
        }
    }

    // MARK: Errors

    private func note(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let position = SourceText.Position(line: mark.line, column: mark.column)
            if let index = source.index(of: position), source.scalars[index] == "\t" {
                note(position, "a tab cannot indent; write spaces")
            } else {
                note(position, "this is not YAML: \(problem)\(context.map { ", \($0.text)" } ?? "")")
            }
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.sorted().map { "'\($0)'" }.joined(separator: ", ")
            note(
                .init(line: context.mark.line, column: context.mark.column),
                "duplicate key \(names) in this map",
                rule: .duplicateKey
            )
        default:
            let firstLine = "\(error)".prefix { $0 != "\n" }
            note(.init(), "this is not YAML: \(firstLine)")
        }
    }

    private func note(_ rule: PolicyRule, _ place: Place, _ message: String) {
        mistakes.note(PolicyMistake(place, message, rule: rule))
    }

    private func note(_ position: SourceText.Position, _ message: String, rule: PolicyRule = .notYAML) {
        // A position of 0 stands for none.
        let position = SourceText.Position(line: max(1, position.line), column: max(1, position.column))
        note(rule, source.place(of: position), message)
    }
}
