extension PolicyReader {
    /// What the file holds whose path stands behind a key, seen from the policy file that names it: a text of at least one
    /// character, without the line end at its end. It is read again with the policy, and a change of it reloads the policy.
    ///
    /// Notes a mistake and returns `nil` when there is no such key, file or text; `kind` says in messages what file it
    /// should be.
    package mutating func fileText(_ key: String, kind: String) -> String? {
        guard let node = node(key) else {
            note(place, "'\(word)' needs '\(key)': the path of \(kind)", rule: .missingSetting)
            return nil
        }
        let expected = "'\(key)' should be the path of \(kind)"
        guard let path = text(of: node, expected: expected) else { return nil }
        guard !path.isEmpty else {
            note(node.place, "\(expected), not ''")
            return nil
        }
        let resolved = FilePath.resolve(path, in: FilePath.folder(of: node.place.file))
        return text(of: PolicyNode(.reference(.file(resolved)), at: node.place), expected: expected)
    }
}
