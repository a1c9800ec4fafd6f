internal import GatewayKit

/// The fields that a policy removes from a head, and those that it sets, in this order.
struct HeaderChanges: Sendable {
    var removed: [FieldName] = []
    var fields: [(name: FieldName, value: String)] = []

    var isEmpty: Bool { removed.isEmpty && fields.isEmpty }

    init() {}

    init(from settings: inout PolicyReader, in side: FieldSettings.Side) {
        if var section = settings.section("set") {
            fields = FieldSettings.fields(of: &section, in: side)
            section.finish()
        }
        for node in settings.nodes("remove") {
            guard let text = settings.text(of: node, expected: "'remove' should be a list of names") else { continue }
            if let name = FieldSettings.name(text, at: node.place, in: side, noting: settings) {
                removed.append(name)
            }
        }
    }

    /// Names only: values may be secrets.
    var summary: [String] {
        fields.map { "set \($0.name)" } + removed.map { "remove \($0)" }
    }
}
