internal import GatewayKit

/// What a named pipeline takes: `parameters: { price: 10 sat, upstream: }`. One without a value must be given.
struct PipelineParameters {
    struct Parameter {
        let name: String
        let place: Place
        /// `nil`: it must be given.
        let fallback: PolicyNode?
    }

    /// An argument that is put into a text, and into another one, grows with each.
    private static let textLimit = ByteCount.kibibytes(64)
    private static let reserved = "pipeline"

    let pipeline: String
    let all: [Parameter]
    private let run: LoadingRun

    init(of pipeline: String, from node: PolicyNode?, run: LoadingRun) {
        self.pipeline = pipeline
        self.run = run
        var all = [Parameter]()
        for (name, place, value) in Self.entries(of: node, run: run) {
            guard ParameterText.isName(name), name != Self.reserved else {
                run.note(
                    place,
                    name == Self.reserved
                        ? "a parameter cannot be named 'pipeline': 'use' names the pipeline by it"
                        : "the name of a parameter is made of letters, digits, '-' and '_' and begins with a letter,"
                            + " unlike '\(name)'"
                )
                continue
            }
            if all.contains(where: { $0.name == name }) {
                run.note(.definedTwice, place, "the parameter '\(name)' stands here already")
                continue
            }
            all.append(Parameter(name: name, place: place, fallback: value))
        }
        self.all = all
    }

    /// A map with what each is when it is not given, or a list of names.
    private static func entries(of node: PolicyNode?, run: LoadingRun) -> [(String, Place, PolicyNode?)] {
        switch node?.content {
        case .map(let entries)?:
            return entries.map { entry in
                if case .empty = entry.value.content { return (entry.key, entry.keyPlace, nil) }
                return (entry.key, entry.keyPlace, entry.value)
            }
        case .list(let items)?:
            return items.compactMap { item in
                guard case .text(let name) = item.content else {
                    run.note(item.place, "'parameters' should be names, not \(item.kind)")
                    return nil
                }
                return (name, item.place, nil)
            }
        case .text?, .reference?, .empty?, nil:
            if let node, node.kind != "nothing" {
                run.note(node.place, "'parameters' should be a map such as { price: 10 sat }, or a list of names")
            }
            return []
        }
    }

    // MARK: Giving

    /// What stands for each parameter where the pipeline is used; notes what is missing and what nobody asked for.
    func arguments(from entries: [PolicyNode.Entry], at place: Place) -> [String: PolicyNode] {
        for entry in entries where !all.contains(where: { $0.name == entry.key }) {
            let hint = Guess.hint(for: entry.key, among: all.map(\.name))
            let list = all.isEmpty ? "none" : all.map(\.name).joined(separator: ", ")
            run.note(
                .unknownParameter,
                entry.keyPlace,
                "the pipeline '\(pipeline)' has no parameter '\(entry.key)'\(hint); it takes \(list)"
            )
        }
        var arguments = [String: PolicyNode]()
        for parameter in all {
            let given = entries.first { $0.key == parameter.name }
            if var value = given?.value {
                value.overrode += [parameter.fallback].compactMap {
                    $0.map { Overlay.marked($0, as: origin(parameter)) }
                }
                value.origin = origin(parameter)
                arguments[parameter.name] = value
            } else if let fallback = parameter.fallback {
                arguments[parameter.name] = Overlay.marked(fallback, as: "\(origin(parameter)), not given")
            } else {
                run.note(
                    .missingParameter,
                    place,
                    "the pipeline '\(pipeline)' needs '\(parameter.name)' (\(parameter.place)): { pipeline: \(pipeline),"
                        + " \(parameter.name): ... }"
                )
            }
        }
        return arguments
    }

    private func origin(_ parameter: Parameter) -> String { "parameter \(parameter.name)" }

    /// The node with every parameter replaced. What is not given was noted, and nothing stands for it.
    func filled(_ node: PolicyNode, with arguments: [String: PolicyNode]) -> PolicyNode {
        guard !all.isEmpty else { return node }
        switch node.content {
        case .empty:
            return node
        case .text(let text):
            if let name = ParameterText.whole(text) {
                return arguments[name] ?? PolicyNode(.empty, at: node.place)
            }
            return changed(node, to: .text(filled(text, at: node.place, with: arguments)))
        case .reference(.file(let path)):
            return changed(node, to: .reference(.file(filled(path, at: node.place, with: arguments))))
        case .reference(.environment(let name)):
            return changed(node, to: .reference(.environment(filled(name, at: node.place, with: arguments))))
        case .list(let items):
            return changed(node, to: .list(items.map { filled($0, with: arguments) }))
        case .map(let entries):
            return changed(
                node,
                to: .map(
                    entries.map { entry in
                        PolicyNode.Entry(
                            key: entry.key,
                            keyPlace: entry.keyPlace,
                            value: filled(entry.value, with: arguments)
                        )
                    }
                )
            )
        }
    }

    private func changed(_ node: PolicyNode, to content: PolicyNode.Content) -> PolicyNode {
        var changed = PolicyNode(content, at: node.place)
        changed.origin = node.origin
        changed.overrode = node.overrode
        return changed
    }

    private func filled(_ text: String, at place: Place, with arguments: [String: PolicyNode]) -> String {
        guard let parts = ParameterText.parts(of: text), parts != [.text(text)] else { return text }
        var result = ""
        for part in parts {
            switch part {
            case .text(let text):
                result += text
            case .parameter(let name):
                guard let argument = arguments[name] else { continue }
                if case .text(let text) = argument.content {
                    result += text
                } else {
                    run.note(
                        argument.place,
                        "'\(name)' stands within a text (\(place)), and should be a text, not \(argument.kind)"
                    )
                }
            }
            guard result.utf8.count <= Self.textLimit.bytes else {
                run.note(.tooLarge, place, "this text grows to more than \(Self.textLimit)")
                return ""
            }
        }
        return result
    }

    // MARK: Checking the definition

    /// Notes the parameters that its steps name and it does not have, and those that it has and no step names.
    func check(_ steps: [Step]) {
        var used: Set<String> = []
        for step in steps {
            check(step.settings, &used)
        }
        for parameter in all where !used.contains(parameter.name) {
            run.note(
                .unusedParameter,
                parameter.place,
                "no step of the pipeline '\(pipeline)' uses its parameter '\(parameter.name)': write"
                    + " $\(parameter.name) where it stands, or take it out"
            )
        }
    }

    private func check(_ node: PolicyNode, _ used: inout Set<String>) {
        switch node.content {
        case .empty: break
        case .text(let text), .reference(.file(let text)), .reference(.environment(let text)):
            check(text, at: node.place, &used)
        case .list(let items):
            for item in items { check(item, &used) }
        case .map(let entries):
            for entry in entries {
                if entry.key.contains("${") {
                    run.note(entry.keyPlace, "a parameter stands in a value, and not in a key such as '\(entry.key)'")
                }
                check(entry.value, &used)
            }
        }
    }

    private func check(_ text: String, at place: Place, _ used: inout Set<String>) {
        let parts = ParameterText.whole(text).map { [.parameter($0)] } ?? ParameterText.parts(of: text)
        guard let parts else {
            run.note(place, "'${' begins a parameter such as ${price}; write $${ for the two characters")
            return
        }
        for case .parameter(let name) in parts {
            used.insert(name)
            guard !all.contains(where: { $0.name == name }) else { continue }
            let hint = Guess.hint(for: name, among: all.map(\.name))
            run.note(
                .unknownParameter,
                place,
                "the pipeline '\(pipeline)' has no parameter '\(name)'\(hint); it takes"
                    + " \(all.map(\.name).joined(separator: ", "))"
            )
        }
    }
}
