/// A JSON value (RFC 8259), as I-JSON restricts it (RFC 7493): numbers are doubles, and no name stands twice.
package indirect enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// In the order of the text. Not a dictionary: to Swift, composed and decomposed letters are one key.
    case object([Member])

    package struct Member: Sendable {
        package let name: String
        package let value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// An object of texts, without those that are `nil`.
    package static func texts(_ members: [(String, String?)]) -> JSONValue {
        .object(members.compactMap { name, text in text.map { Member(name, .string($0)) } })
    }

    /// The member of this name, byte for byte; `nil` when there is none, or when this is no object.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var isObject: Bool {
        guard case .object = self else { return false }
        return true
    }
}
