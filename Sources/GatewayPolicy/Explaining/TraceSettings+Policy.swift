internal import GatewayKit

extension TraceSettings {
    private static let usualField = "Sluice-Trace"

    /// What `trace` says: `{ token, header }`. `nil` where the policy has none.
    static func one(from entry: PolicyNode.Entry?, run: LoadingRun) -> TraceSettings? {
        guard let entry else { return nil }
        var settings = run.reader(for: entry.value, word: entry.key)
        defer { settings.finish() }
        let header = settings.node("header")
        let token = settings.secret("token")
        let usual = FieldName(usualField)
        let field = header.flatMap { header in
            settings.value(of: header, named: "'header'", expected: "the name of a header field") { text in
                // A field that means something else would be kept from the upstream.
                FieldName(text).flatMap { $0.known == .other ? $0 : nil }
            }
        }
        guard let token else { return nil }
        let count = token.text.utf8.count
        guard tokenLength.contains(count) else {
            settings.note(
                settings.error(
                    at: "token",
                    "should have \(tokenLength.lowerBound) to \(tokenLength.upperBound) letters: whoever guesses it sees"
                        + " how requests are judged"
                )
            )
            return nil
        }
        return (field ?? usual).map { TraceSettings(field: $0, token: token) }
    }
}
