package import GatewayKit

/// Reads the tests that stand beside policies: files that end in `.test.yaml`.
package struct PolicyTestFiles: Sendable {
    static let suffixes = [".test.yaml", ".test.yml"]

    private let files: any PolicyFiles

    package init(files: any PolicyFiles = DiskFiles()) {
        self.files = files
    }

    /// The paths of the tests of a policy file or a folder of them, in the order of their names: those in the folder, and
    /// for a file those that begin with its name.
    package func paths(beside policies: String) -> [String] {
        if let names = files.names(in: policies) {
            return paths(names, in: policies) { _ in true }
        }
        let folder = FilePath.folder(of: policies)
        let name = policies.split(separator: "/").last.map(String.init) ?? policies
        let ending = [".yaml", ".yml"].first { name.hasSuffix($0) } ?? ""
        let stem = String(name.dropLast(ending.count))
        guard let names = files.names(in: folder.isEmpty ? "." : folder) else { return [] }
        return paths(names, in: folder) { $0.hasPrefix(stem + ".") }
    }

    private func paths(_ names: [String], in folder: String, where fits: (String) -> Bool) -> [String] {
        let prefix = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/"
        return names.filter { name in
            !name.hasPrefix(".") && Self.suffixes.contains { name.hasSuffix($0) } && fits(name)
        }.sorted().map { prefix + $0 }
    }

    /// - Returns: the tests, and every mistake in the files.
    package func tests(in paths: [String]) -> (tests: [PolicyTest], mistakes: [PolicyMistake]) {
        let mistakes = PolicyMistakes()
        var tests = [PolicyTest]()
        for path in paths {
            do {
                tests += Self.tests(in: try files.contents(of: path), named: path, mistakes: mistakes)
            } catch {
                mistakes.note(PolicyMistake(Place(file: path, line: 1, column: 1), "cannot read '\(path)': \(error)"))
            }
        }
        return (tests, mistakes.all.sortedByPlace())
    }

    /// The same for a text that is in no file.
    package func tests(in text: String, named name: String) -> (tests: [PolicyTest], mistakes: [PolicyMistake]) {
        let mistakes = PolicyMistakes()
        let tests = Self.tests(in: Array(text.utf8), named: name, mistakes: mistakes)
        return (tests, mistakes.all.sortedByPlace())
    }

    private static func tests(in bytes: [UInt8], named path: String, mistakes: PolicyMistakes) -> [PolicyTest] {
        guard let source = SourceText(bytes, file: path, mistakes: mistakes) else { return [] }
        var syntax = PolicySyntax(source, folder: FilePath.folder(of: path), mistakes: mistakes)
        guard let root = syntax.root() else { return [] }
        var reader = PolicyReader(root, word: "tests", mistakes: mistakes, references: TestReferences())
        defer { reader.finish() }
        guard reader.node("tests") != nil else {
            reader.note(root.place, "a file of tests is a map of 'tests': a list of { name, request, expect }")
            return []
        }
        return PolicyTestReader(mistakes: mistakes).tests(reader.nodes("tests"))
    }
}

/// Tests hold no secrets and read no files.
struct TestReferences: PolicyReferences {
    func resolve(_ reference: PolicyNode.Reference) throws -> String {
        throw StartFailure("a test takes no !file and no !env: write the text itself")
    }
}
