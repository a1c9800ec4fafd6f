package import GatewayKit

/// What stages changed about the fields of a request, for a proxy that forwards it in the gateway's place.
package struct ForwardedChanges: Sendable {
    /// One line each, in place of all lines of the name.
    package private(set) var set: [(name: FieldName, value: String)] = []
    package private(set) var removed: [FieldName] = []

    package init(_ edits: RequestEdits, of fields: Fields) {
        var names = [FieldName]()
        for index in fields.lines.indices where edits.isRemoved(line: index) {
            if let name = FieldName(fields.name(at: index)), !names.contains(name) { names.append(name) }
        }
        for name in names where !edits.added.contains(where: { $0.name == name }) {
            // Of several lines of a name only those of the gateway's own schemes may be gone.
            let kept = fields.indices(of: name).filter { !edits.isRemoved(line: $0) }.map { fields.value(at: $0) }
            if kept.isEmpty {
                removed.append(name)
            } else {
                set.append((name, kept.joined(separator: ", ")))
            }
        }
        set += edits.added
    }
}
