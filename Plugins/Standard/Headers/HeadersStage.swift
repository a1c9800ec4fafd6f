package import GatewayKit

/// Sets and removes header fields of the request as it is forwarded and of the response as it is sent.
package struct HeadersStage: StagePlugin {
    package static let word = "headers"

    private let request: HeaderChanges
    private let response: HeaderChanges

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        request = Self.changes("request", in: .request, from: &settings)
        response = Self.changes("response", in: .response, from: &settings)
        if !settings.contains("request"), !settings.contains("response") {
            settings.note(settings.place, "'headers' needs 'request' or 'response': { set: {...}, remove: [...] }")
        }
    }

    private static func changes(
        _ key: String,
        in side: FieldSettings.Side,
        from settings: inout PolicyReader
    ) -> HeaderChanges {
        guard var section = settings.section(key) else { return HeaderChanges() }
        defer { section.finish() }
        return HeaderChanges(from: &section, in: side)
    }

    package var summary: String {
        [("request", request), ("response", response)].filter { !$0.1.isEmpty }
            .map { side, changes in "\(side): " + changes.summary.joined(separator: ", ") }
            .joined(separator: "; ")
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        // A copy: changing it in place, across modules, costs an allocation.
        var edits = exchange.edits
        for name in request.removed {
            edits.remove(name, of: exchange.request)
        }
        for field in request.fields {
            edits.set(field.name, field.value, of: exchange.request)
        }
        exchange.edits = edits
        return .now(.next)
    }

    package func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        for name in self.response.removed {
            response.fields.remove(name)
        }
        for field in self.response.fields {
            response.fields.set(field.name, field.value)
        }
    }
}
