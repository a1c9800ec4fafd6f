/// Text that others may see, without what may be a secret in it: for texts that should hold none in the first place.
package enum ConcealedText {
    /// Shorter than a preimage, a key or a token in any of their forms.
    private static let longestRun = 31
    /// Longer than the words are that a path is made of.
    private static let longestWord = 15

    /// Replaces every run of letters and digits, joined as in base64 or paths, that may be one.
    package static func of(_ text: String) -> String {
        guard text.utf8.count > longestRun else { return text }
        var result = [UInt8]()
        var run = [UInt8]()
        for byte in text.utf8 {
            if isOfWord(byte) || isJoint(byte) {
                run.append(byte)
            } else {
                result += shown(run)
                run.removeAll(keepingCapacity: true)
                result.append(byte)
            }
        }
        return String(decoding: result + shown(run), as: UTF8.self)
    }

    private static func shown(_ run: [UInt8]) -> [UInt8] {
        guard run.count > longestRun, run.split(whereSeparator: isJoint).contains(where: { $0.count > longestWord })
        else { return run }
        return Array("(hidden)".utf8)
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"): true
        default: false
        }
    }

    private static func isJoint(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}
