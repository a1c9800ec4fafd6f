package import GatewayKit

/// Reads a file of settings that is no policy: the same syntax, and mistakes with their places.
package struct SettingsFile {
    private let files: any PolicyFiles

    package init(files: any PolicyFiles = DiskFiles()) {
        self.files = files
    }

    /// - Parameters:
    ///   - word: what messages call the settings.
    ///   - make: makes something of them; what it notes is a mistake, and so is a key that it does not ask for.
    /// - Returns: no value where there are mistakes; they are sorted by their places.
    package func read<Value>(
        _ path: String,
        word: String,
        _ make: (inout PolicyReader) -> Value
    ) -> (value: Value?, mistakes: [PolicyMistake]) {
        let bytes: [UInt8]
        do {
            bytes = try files.contents(of: path)
        } catch {
            let place = Place(file: path, line: 1, column: 1)
            return (nil, [PolicyMistake(place, "cannot read '\(path)': \(error)")])
        }
        return Self.read(bytes, named: path, word: word, make)
    }

    /// The same for a text that is in no file.
    package func read<Value>(
        text: String,
        named name: String,
        word: String,
        _ make: (inout PolicyReader) -> Value
    ) -> (value: Value?, mistakes: [PolicyMistake]) {
        Self.read(Array(text.utf8), named: name, word: word, make)
    }

    private static func read<Value>(
        _ bytes: [UInt8],
        named path: String,
        word: String,
        _ make: (inout PolicyReader) -> Value
    ) -> (value: Value?, mistakes: [PolicyMistake]) {
        let mistakes = PolicyMistakes()
        var value: Value?
        if let source = SourceText(bytes, file: path, mistakes: mistakes) {
            var syntax = PolicySyntax(source, folder: FilePath.folder(of: path), mistakes: mistakes)
            if let root = syntax.root() {
                var reader = PolicyReader(root, word: word, mistakes: mistakes, references: PlainReferences())
                value = make(&reader)
                reader.finish()
            }
        }
        return (mistakes.all.isEmpty ? value : nil, mistakes.all.sortedByPlace())
    }
}

private struct PlainReferences: PolicyReferences {
    func resolve(_ reference: PolicyNode.Reference) throws -> String {
        throw StartFailure("there is no !file and no !env here: write the text itself")
    }
}
