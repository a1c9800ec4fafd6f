internal import GatewayKit
internal import HTTPTypes

/// Stands before every other stage where the policy has a `trace`: explains the requests that present its token, in a field
/// of their responses, and keeps the token from the upstream.
struct Tracing: Stage {
    /// HTTP servers and clients commonly take heads of 8 KiB.
    private static let longestField = 4_096

    /// The request has the token. A trial explains itself without.
    private struct Presented {}

    let settings: TraceSettings
    private static let field = FieldName("Sluice-Explanation")

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        guard exchange.request.fields.contains(settings.field) else { return .now(.next) }
        if settings.admits(exchange.request) {
            exchange.explanation = exchange.explanation ?? Explanation()
            exchange[Presented.self] = Presented()
        }
        exchange.edits.remove(settings.field, of: exchange.request)
        return .now(.next)
    }

    /// The last to do so: the answer is known.
    func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        guard exchange[Presented.self] != nil, let explanation = exchange.explanation, let field = Self.field else {
            return
        }
        response.fields.set(.decision, "\(exchange.id)")
        var document = ExplanationDocument(
            id: exchange.id,
            route: exchange.route.name,
            steps: explanation.steps,
            status: response.status.code
        )
        var text = document.line()
        if text.utf8.count > Self.longestField {
            // All of it is kept for the admin listener.
            document.leaveOutInputs()
            text = document.line()
        }
        if text.utf8.count <= Self.longestField { response.fields.set(field, text) }
    }
}
