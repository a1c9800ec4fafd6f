#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Documents as programs read them: one object, keys sorted.
enum JSONOutput {
    /// On one line.
    static func line(_ document: some Encodable) -> String {
        text(document, [.sortedKeys, .withoutEscapingSlashes])
    }

    static func text(_ document: some Encodable) -> String {
        text(document, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    }

    private static func text(_ document: some Encodable, _ formatting: JSONEncoder.OutputFormatting) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        // Encoding texts and numbers does not fail.
        guard let data = try? encoder.encode(document) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
