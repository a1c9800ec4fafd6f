internal import GatewayKit

/// Reads header fields from a policy, and refuses those that are not a policy's to change.
enum FieldSettings {
    /// Whose header it is.
    enum Side {
        case request, response
        /// A whole answer, written in the policy.
        case answer
    }

    /// The entries of a map of fields. Values may be references; no message holds one.
    static func fields(of settings: inout PolicyReader, in side: Side) -> [(name: FieldName, value: String)] {
        settings.freeEntries().compactMap { entry in
            let name = name(entry.key, at: entry.keyPlace, in: side, noting: settings)
            let value = settings.text(of: entry.value, expected: "the value of '\(entry.key)' should be a text")
            guard let name, let value else { return nil }
            // What may stand in a field: RFC 9110 §5.5.
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                settings.note(entry.value.place, "the value of '\(entry.key)' should be one line")
                return nil
            }
            return (name, value)
        }
    }

    static func name(_ text: String, at place: Place, in side: Side, noting settings: PolicyReader) -> FieldName? {
        guard let name = FieldName(text) else {
            settings.note(place, "'\(text)' is not the name of a header field")
            return nil
        }
        guard let mistake = mistake(of: name, in: side) else { return name }
        settings.note(place, "'\(text)' \(mistake)")
        return nil
    }

    private static func mistake(of name: FieldName, in side: Side) -> String? {
        switch (name.known, side) {
        case (.contentLength, _), (.transferEncoding, _), (.connection, _), (.keepAlive, _), (.proxyConnection, _),
            (.te, _), (.trailer, _), (.upgrade, _):
            "belongs to the connection and cannot be changed"
        case (.host, .request):
            "is changed with the 'host' of 'forward'"
        case (.contentType, .answer):
            "is changed with 'type'"
        default:
            nil
        }
    }
}
