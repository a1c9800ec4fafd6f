internal import GatewayKit

/// Reads the value of a `WWW-Authenticate` line (RFC 9110 §11.6.1): challenges and their parameters, separated by the
/// same comma.
struct ChallengeReader {
    struct Challenge {
        /// In lower case.
        let scheme: String
        /// By their names in lower case; of one that stands twice, the first.
        var parameters: [String: String] = [:]
    }

    /// Longer values are not read.
    private static let longestValue = 262_144

    private let bytes: [UInt8]
    private var index = 0

    static func challenges(in value: String) -> [Challenge] {
        guard value.utf8.count <= longestValue else { return [] }
        var reader = ChallengeReader(bytes: Array(value.utf8))
        return reader.read()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func read() -> [Challenge] {
        var challenges = [Challenge]()
        while true {
            skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
            guard index < bytes.count else { return challenges }
            let name = token()
            guard !name.isEmpty else {
                // Not a name: some other scheme's token, or damage.
                skip { $0 != UInt8(ascii: ",") }
                continue
            }
            if let value = parameterValue() {
                if let last = challenges.indices.last, challenges[last].parameters[name] == nil {
                    challenges[last].parameters[name] = value
                }
                continue
            }
            challenges.append(Challenge(scheme: name))
        }
    }

    /// In lower case; empty when there is none.
    private mutating func token() -> String {
        let start = index
        skip(while: ASCII.isTokenByte)
        return String(decoding: bytes[start..<index].map(ASCII.lowercased), as: UTF8.self)
    }

    /// What stands behind `=`; `nil`, and nothing read, when there is no `=`.
    private mutating func parameterValue() -> String? {
        let start = index
        skip { $0 == 0x20 || $0 == 0x09 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else {
            index = start
            return nil
        }
        index += 1
        skip { $0 == 0x20 || $0 == 0x09 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
            let start = index
            // Base64 without quotes has bytes that no token has.
            skip { $0 != UInt8(ascii: ",") && $0 != 0x20 && $0 != 0x09 }
            return String(decoding: bytes[start..<index], as: UTF8.self)
        }
        index += 1
        var content = [UInt8]()
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                index += 1
            }
            content.append(bytes[index])
            index += 1
        }
        // Behind the closing quote, or still at the end when it is missing.
        index = min(index + 1, bytes.count)
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func skip(while holds: (UInt8) -> Bool) {
        while index < bytes.count, holds(bytes[index]) {
            index += 1
        }
    }
}
