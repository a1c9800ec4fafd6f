extension PolicyReader {
    /// Bytes that are never printed: a `!file` as it is, or hexadecimal digits in a file, an `!env` or written down.
    ///
    /// - Parameters:
    ///   - key: what it stands behind.
    ///   - kind: what it should be, for messages.
    /// - Returns: the bytes in hexadecimal, in lower case; `nil` where a mistake was noted.
    package mutating func secretBytes(_ key: String, kind: String) -> Secret? {
        tell(.value(of: key, .secret, isRequired: true))
        guard let node = entry(key) else {
            note(place, "'\(word)' needs '\(key)': \(kind), as !file path or !env NAME", rule: .missingSetting)
            return nil
        }
        guard case .reference(let reference) = node.content else {
            if case .text(let text) = node.content { references.noteSecret(text) }
            return text(of: node, expected: "'\(key)' should be \(kind), as !file path or !env NAME")
                .flatMap { bytes(Array($0.utf8), at: node, key, kind) }
        }
        do {
            return bytes(try references.bytes(of: reference), at: node, key, kind)
        } catch {
            note(node.place, "\(error)", rule: .missingReference)
            return nil
        }
    }

    /// Digits, with the line end of their file; or, from a file, anything else.
    private func bytes(_ bytes: [UInt8], at node: PolicyNode, _ key: String, _ kind: String) -> Secret? {
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        if !text.isEmpty, Hex.decoded(text) != nil { return Secret(text.lowercased()) }
        guard case .reference(.file) = node.content else {
            note(node.place, "'\(key)' should be \(kind), in hexadecimal digits or as !file path")
            return nil
        }
        return Secret(Hex.encoded(bytes))
    }
}
