internal import GatewayKit

/// Reads the files of a policy, follows `include`, and joins what they declare.
struct PolicySources {
    static let keys = [
        "version", "include", "listen", "admin", "access-log", "reload", "trace", "lightning", "invoices", "rates",
        "store", "upstreams", "pipelines", "defaults", "allow", "routes", "groups",
    ]
    /// An include through a symbolic link to its own folder has a new name each time.
    private static let depthLimit = 32

    private(set) var declarations = Declarations()
    private let run: LoadingRun
    private let files: any PolicyFiles
    private var seen: Set<String> = []
    /// Where each name of a kind is defined.
    private var definitions: [String: [String: Place]] = [:]

    init(run: LoadingRun, files: any PolicyFiles) {
        self.run = run
        self.files = files
    }

    mutating func read(_ path: String) {
        guard let policies = policies(in: path) else {
            readFile(path, includedAt: nil, chain: [])
            return
        }
        if policies.isEmpty {
            run.note(
                .unreadableFile,
                Place(file: path, line: 1, column: 1),
                "there is no policy (*.yaml) in this folder"
            )
        }
        for file in policies {
            readFile(file, includedAt: nil, chain: [])
        }
    }

    /// The files of a folder that are policies, in the order of their names; `nil` when it is no folder.
    private func policies(in path: String) -> [String]? {
        files.names(in: path)?.filter(Self.isPolicy).sorted().map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }

    /// Tests of policies stand beside them.
    private static func isPolicy(_ name: String) -> Bool {
        let endings = [".yaml", ".yml"]
        return !name.hasPrefix(".") && endings.contains { name.hasSuffix($0) && !name.hasSuffix(".test\($0)") }
    }

    mutating func read(text: String, named name: String) {
        add(Array(text.utf8), file: name, folder: "", isRoot: true, chain: [name])
    }

    /// - Parameters:
    ///   - includedAt: the entry of `include` that names the file; `nil` for a file that was asked for.
    ///   - chain: the files that include one another, down to the one that includes this one.
    private mutating func readFile(_ path: String, includedAt: Place?, chain: [String]) {
        let identity = FilePath.identity(of: path)
        if let start = chain.firstIndex(where: { FilePath.identity(of: $0) == identity }) {
            let circle = (chain[start...] + [chain[start]]).joined(separator: " -> ")
            run.note(
                .includeCycle,
                includedAt ?? Place(file: path, line: 1, column: 1),
                "these files include one another: \(circle)"
            )
            return
        }
        guard chain.count < Self.depthLimit else {
            run.note(
                .tooLarge,
                includedAt ?? Place(file: path, line: 1, column: 1),
                "more than \(Self.depthLimit) files include one another"
            )
            return
        }
        guard seen.insert(identity).inserted else { return }
        do {
            let bytes = try files.contents(of: path)
            let folder = FilePath.folder(of: path)
            add(bytes, file: path, folder: folder, isRoot: includedAt == nil, chain: chain + [path])
        } catch {
            run.note(
                .unreadableFile,
                includedAt ?? Place(file: path, line: 1, column: 1),
                "cannot read '\(path)': \(error)"
            )
        }
    }

    private mutating func add(_ bytes: [UInt8], file: String, folder: String, isRoot: Bool, chain: [String]) {
        declarations.files.append(file)
        let beginning = Place(file: file, line: 1, column: 1)
        declarations.beginning = declarations.beginning ?? beginning
        guard let source = SourceText(bytes, file: file, mistakes: run.mistakes) else { return }
        var syntax = PolicySyntax(source, folder: folder, mistakes: run.mistakes)
        guard let root = syntax.root() else { return }
        switch root.content {
        case .map(let entries):
            if isRoot, !entries.contains(where: { $0.key == "version" }) {
                run.note(.version, beginning, "a policy begins with 'version: 1'")
            }
            for entry in entries {
                add(entry, folder: folder, chain: chain)
            }
        case .empty:
            if isRoot {
                run.note(.version, beginning, "the file is empty; a policy begins with 'version: 1'")
            }
        case .text, .reference, .list:
            run.note(root.place, "a policy is a map of \(Self.keys.joined(separator: ", ")), not \(root.kind)")
        }
    }

    private mutating func add(_ entry: PolicyNode.Entry, folder: String, chain: [String]) {
        switch entry.key {
        case "version": checkVersion(entry.value)
        case "include": include(entry.value, folder: folder, chain: chain)
        case "listen": set(\.listen, entry)
        case "admin": set(\.admin, entry)
        case "access-log": set(\.accessLog, entry)
        case "reload": set(\.reload, entry)
        case "trace": set(\.trace, entry)
        case "store": set(\.store, entry)
        case "lightning": set(\.lightning, entry)
        case "invoices": set(\.invoices, entry)
        case "rates": set(\.rates, entry)
        case "upstreams": join(\.upstreams, entry, kind: "upstream")
        case "pipelines": join(\.pipelines, entry, kind: "pipeline")
        case "defaults": set(\.defaults, entry)
        case "allow": declarations.allowances.append(entry.value)
        case "groups": declarations.groups += run.items(of: entry.value, named: entry.key)
        case "routes": declarations.routes += run.items(of: entry.value, named: entry.key)
        default:
            let hint = Guess.hint(for: entry.key, among: Self.keys)
            let list = Self.keys.joined(separator: ", ")
            run.note(.unknownKey, entry.keyPlace, "unknown key '\(entry.key)'\(hint); a policy has \(list)")
        }
    }

    private func checkVersion(_ node: PolicyNode) {
        if case .text("1") = node.content { return }
        run.note(.version, node.place, "'version' should be 1, not \(node.kind)")
    }

    private mutating func include(_ node: PolicyNode, folder: String, chain: [String]) {
        for item in run.items(of: node, named: "include") {
            guard case .text(let path) = item.content, !path.isEmpty else {
                run.note(item.place, "'include' should be a list of files, not of \(item.kind)")
                continue
            }
            include(FilePath.resolve(path, in: folder), at: item.place, chain: chain)
        }
    }

    /// A file, the policies of a folder, or those that fit a pattern.
    private mutating func include(_ path: String, at place: Place, chain: [String]) {
        let found: [String]?
        if PathGlob.isPattern(path) {
            found = PathGlob.expanded(path, in: files).filter {
                Self.isPolicy(String($0.split(separator: "/").last ?? ""))
            }
        } else {
            found = policies(in: path)
        }
        guard let found else {
            readFile(path, includedAt: place, chain: chain)
            return
        }
        if found.isEmpty {
            run.note(.unreadableFile, place, "there is no policy (*.yaml) that '\(path)' stands for")
        }
        for file in found {
            readFile(file, includedAt: place, chain: chain)
        }
    }

    private mutating func set(_ key: WritableKeyPath<Declarations, PolicyNode.Entry?>, _ entry: PolicyNode.Entry) {
        if let first = declarations[keyPath: key] {
            run.note(
                .definedTwice,
                entry.keyPlace,
                "'\(entry.key)' stands at \(first.keyPlace) already; a policy has one"
            )
        } else {
            declarations[keyPath: key] = entry
        }
    }

    private mutating func join(
        _ key: WritableKeyPath<Declarations, [PolicyNode.Entry]>,
        _ entry: PolicyNode.Entry,
        kind: String
    ) {
        for named in run.entries(of: entry.value, named: entry.key) {
            if let first = definitions[kind]?[named.key] {
                run.note(.definedTwice, named.keyPlace, "the \(kind) '\(named.key)' is defined at \(first) already")
            } else {
                definitions[kind, default: [:]][named.key] = named.keyPlace
                declarations[keyPath: key].append(named)
            }
        }
    }
}
