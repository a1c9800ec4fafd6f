package import GatewayKit

/// The canonical form of a policy file: two spaces a level, one space where one belongs, no blanks at the end of a line, and
/// one blank line between routes.
///
/// Keeps comments, anchors, quotes and the order of everything, and never changes what a file means: both texts are read, and
/// where they differ the file is refused.
package enum PolicyFormat {
    package enum Outcome: Sendable {
        case text(String)
        /// The file cannot be read, or is written in a way that this does not know.
        case mistakes([PolicyMistake])
    }

    /// - Parameter file: how mistakes name it.
    package static func text(of bytes: [UInt8], named file: String) -> Outcome {
        let mistakes = PolicyMistakes()
        guard let source = SourceText(bytes, file: file, mistakes: mistakes),
            let before = root(of: source, mistakes), mistakes.all.isEmpty
        else { return .mistakes(mistakes.all.sortedByPlace()) }
        let formatted: String
        do {
            formatted = try lines(of: source.text)
        } catch {
            return .mistakes([error.mistake(in: file)])
        }
        let written = SourceText(Array(formatted.utf8), file: file, mistakes: mistakes)
        guard let after = written.flatMap({ root(of: $0, mistakes) }),
            mistakes.all.isEmpty, before.means(the: after), (try? lines(of: formatted)) == formatted
        else {
            let place = Place(file: file, line: 1, column: 1)
            return .mistakes([PolicyMistake(place, "the file cannot be formatted without a change of what it means")])
        }
        return .text(formatted)
    }

    /// What a file says; `nil` where it cannot be read.
    package static func node(of bytes: [UInt8], named file: String) -> PolicyNode? {
        let mistakes = PolicyMistakes()
        let node = SourceText(bytes, file: file, mistakes: mistakes).flatMap { root(of: $0, mistakes) }
        return mistakes.all.isEmpty ? node : nil
    }

    private static func root(of source: SourceText, _ mistakes: PolicyMistakes) -> PolicyNode? {
        var syntax = PolicySyntax(source, folder: "", mistakes: mistakes)
        return syntax.root()
    }

    private static func lines(of text: String) throws(FormatRefusal) -> String {
        var scanner = FormatScanner(text)
        return try scanner.formatted()
    }
}

/// Why a text is not formatted.
struct FormatRefusal: Error {
    /// From 1.
    let line: Int
    let reason: String

    func mistake(in file: String) -> PolicyMistake {
        PolicyMistake(Place(file: file, line: line, column: 1), reason)
    }
}

extension PolicyNode {
    /// True when both say the same, wherever they stand.
    package func means(the other: PolicyNode) -> Bool {
        switch (content, other.content) {
        case (.empty, .empty): true
        case (.text(let text), .text(let other)): text == other
        case (.reference(let reference), .reference(let other)): reference == other
        case (.list(let items), .list(let others)):
            items.count == others.count && zip(items, others).allSatisfy { $0.means(the: $1) }
        case (.map(let entries), .map(let others)):
            entries.count == others.count
                && zip(entries, others).allSatisfy { $0.key == $1.key && $0.value.means(the: $1.value) }
        default: false
        }
    }
}
