/// A plugin as it begins: what is written for it, and where.
package struct NewPlugin: Sendable {
    package let kind: PluginKind
    package let name: PluginName
    /// The name of its type.
    package let type: String

    /// - Throws: `CommandFailure` 2 when there is a plugin of this kind and name.
    package init(_ kind: PluginKind, named name: PluginName) throws {
        guard !kind.isKnown(name.word) else {
            throw CommandFailure(.usage, "there is a \(kind.rawValue) '\(name.word)' already; choose another name")
        }
        self.init(writing: kind, named: name)
    }

    /// The same without a look at what is built in.
    package init(writing kind: PluginKind, named name: PluginName) {
        self.kind = kind
        self.name = name
        type = name.module + kind.suffix
    }

    /// Its folders.
    package var folders: [String] { ["Plugins/\(name.module)", "Tests/\(name.module)Tests"] }

    /// Its files by their paths in the checkout.
    package var files: [(path: String, text: String)] {
        let sample = kind.sample
        return [
            ("\(folders[0])/\(type).swift", text(of: sample.source)),
            ("\(folders[1])/\(type)Tests.swift", text(of: sample.test)),
        ]
    }

    /// The sample, by another name.
    private func text(of sample: [UInt8]) -> String {
        let word = kind.sample.word
        let module = word.prefix(1).uppercased() + word.dropFirst()
        // Each by itself: a name may hold the sample's.
        let text = String(decoding: sample, as: UTF8.self).split(separator: module, omittingEmptySubsequences: false)
            .map { $0.split(separator: word, omittingEmptySubsequences: false).joined(separator: name.word) }
            .joined(separator: name.module)
        // Imports stand in the order of their modules.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let imports = lines.prefix { $0.hasPrefix("import ") }
        return (imports.sorted() + lines.dropFirst(imports.count)).joined(separator: "\n")
    }

    // MARK: Lines

    /// Package.swift with the module in the list of small plugins.
    ///
    /// - Throws: `CommandFailure` when there is no such list, or the name is taken there.
    package func manifest(_ text: String) throws -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let start = lines.firstIndex(of: "let smallPlugins = ["),
            let end = lines[start...].firstIndex(of: "]")
        else { throw CommandFailure(.failed, "Package.swift has no list 'smallPlugins' with a line for each") }
        let entry = "    \"\(name.module)\","
        guard !lines[start..<end].contains(entry) else { return text }
        // Not by letters alone: file systems may not tell them apart.
        let quoted = text.split(separator: "\"").map { $0.lowercased() }
        for name in [name.module, name.module + "Tests"] where quoted.contains(name.lowercased()) {
            throw CommandFailure(.usage, "Package.swift knows a '\(name)' already; choose another name")
        }
        lines.insert(entry, at: lines[(start + 1)..<end].firstIndex { $0 > entry } ?? end)
        return lines.joined(separator: "\n")
    }

    /// The list of plugins with the import and the registration.
    ///
    /// - Throws: `CommandFailure` when it does not look like one.
    package func list(_ text: String) throws -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let use = "internal import \(name.module)"
        if !lines.contains(use) {
            guard let last = lines.lastIndex(where: { $0.hasPrefix("internal import ") }) else {
                throw CommandFailure(.failed, "Sources/sluice/BuiltIn.swift imports no plugin")
            }
            let next = lines.firstIndex { $0.hasPrefix("internal import ") && $0 > use }
            lines.insert(use, at: next ?? last + 1)
        }
        let registration = "        registry.add(\(type).self)"
        if !lines.contains(registration) {
            let ends = kind.listed.map { "\($0).self)" }
            let last = lines.lastIndex { line in
                line.hasPrefix("        registry.add(") && ends.contains { line.hasSuffix($0) }
            }
            guard let last else {
                throw CommandFailure(.failed, "Sources/sluice/BuiltIn.swift adds no plugin of this kind")
            }
            lines.insert(registration, at: last + 1)
        }
        return lines.joined(separator: "\n")
    }
}
