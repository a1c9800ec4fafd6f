/// Names that become part of tokens, metrics and log lines.
enum PolicyName {
    static let rule = "is made of letters, digits, '.', '_' and '-'"

    static func isValid(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}
