internal import GatewayKit
internal import NIOConcurrencyHelpers

/// The tables of a policy's files, which all routes share: read with the policy, and again with each reload. May be used
/// from any thread.
final class NetworkFiles: Startable {
    /// Bad lines that are told of one file.
    private static let mostMistakes = 10

    private struct Key: Hashable {
        let path: String
        let form: NetworkTable.Form
    }

    /// Those without a mistake, and the texts that they were made of.
    private let tables = NIOLockedValueBox<[Key: (text: String, table: NetworkTable)]>([:])

    /// The table of the file that a node names: by its path, which is relative to the policy, or as `!file path`.
    ///
    /// Notes what is wrong with the file, each line with its place in it, and returns `nil` then.
    func table(
        at node: PolicyNode,
        as form: NetworkTable.Form,
        named name: String,
        in settings: PolicyReader
    ) -> NetworkTable? {
        let expected = "\(name) should be the path of a file whose lines are each \(form.line)"
        var path = ""
        if case .reference(.file(let named)) = node.content {
            path = named
        } else {
            guard let text = settings.text(of: node, expected: expected) else { return nil }
            guard !text.isEmpty else {
                settings.note(node.place, "\(expected), not ''")
                return nil
            }
            path = FilePath.resolve(text, in: FilePath.folder(of: node.place.file))
        }
        let file = PolicyNode(.reference(.file(path)), at: node.place)
        guard let text = settings.text(of: file, expected: expected) else { return nil }
        let key = Key(path: path, form: form)
        if let known = tables.withLockedValue({ $0[key] }), known.text == text { return known.table }
        var mistakes = [NetworkTable.Mistake]()
        let table = NetworkTable(text, as: form, mistakes: &mistakes)
        for mistake in mistakes.prefix(Self.mostMistakes) {
            settings.note(Place(file: path, line: mistake.line, column: 1), mistake.message)
        }
        if mistakes.count > Self.mostMistakes {
            settings.note(node.place, "\(path) has \(mistakes.count - Self.mostMistakes) more lines that are mistaken")
        }
        guard mistakes.isEmpty else { return nil }
        tables.withLockedValue { $0[key] = (text, table) }
        return table
    }
}
