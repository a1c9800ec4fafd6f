package import GatewayKit
internal import HTTPTypes

/// `badge: { field: X-Badge }`: refuses requests without this field.
package struct BadgeStage: StagePlugin {
    package static let word = "badge"

    private let field: FieldName

    package init(from settings: inout PolicyReader, _ services: Services) {
        let expected = "the name of a field, such as X-Badge"
        field = settings.value("field", or: nil, placeholder: .host, expected: expected) { FieldName($0) }
    }

    package var summary: String { field.text }

    package func admit(_ exchange: Exchange) -> Eventually<Decision> {
        let isThere = exchange.request.fields.contains(field)
        exchange.looked(at: field.text, isThere ? "there" : "not there")
        guard isThere else {
            return .now(.reply(Reply(.forbidden, detail: "requests need the field \(field)")))
        }
        return .now(.next)
    }
}
