/// Texts as policy files hold them.
enum PolicyText {
    /// What other readers of YAML take for something else.
    private static let words = ["true", "false", "null", "yes", "no", "on", "off"]

    /// A text that YAML reads back as it is: in quotes where it needs them.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.first != "-" && !words.contains(text.lowercased()) && Double(text) == nil
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F: true
                default: false
                }
            }
        if isPlain { return text }
        if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            let escaped = text.unicodeScalars.map { scalar -> String in
                switch scalar {
                case "\"", "\\": "\\\(scalar)"
                case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                    "\\x" + String(repeating: "0", count: scalar.value < 16 ? 1 : 0) + String(scalar.value, radix: 16)
                default: String(scalar)
                }
            }
            return "\"\(escaped.joined())\""
        }
        return "'\(text.replacing("'", with: "''"))'"
    }
}
