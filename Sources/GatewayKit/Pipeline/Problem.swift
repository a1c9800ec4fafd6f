/// What went wrong, for programs and people: RFC 9457.
public struct Problem: Sendable, Hashable {
    /// A URI that names the kind of problem; `about:blank` when the status says it all.
    public var type: String
    public var title: String
    /// What happened in this case, in a sentence. Never holds a credential, a preimage or another secret.
    public var detail: String
    /// Further members, in their order.
    public var members: [Member]

    public struct Member: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(type: String = "about:blank", title: String, detail: String, members: [Member] = []) {
        self.type = type
        self.title = title
        self.detail = detail
        self.members = members
    }

    /// A problem of paying, by the names that the payment authentication scheme gives them.
    public static func payment(_ code: String, title: String, detail: String) -> Problem {
        Problem(type: paymentProblems + code, title: title, detail: detail)
    }

    private static let paymentProblems = "https://paymentauth.org/problems/"

    /// True for a problem of paying: of this name, or of any.
    func isPayment(_ code: String? = nil) -> Bool {
        type.hasPrefix(Self.paymentProblems) && (code.map { type == Self.paymentProblems + $0 } ?? true)
    }

    /// `application/problem+json`, in one line with a line end.
    public func json(status: Int) -> String {
        var text = #"{"type":\#(JSONText.quoted(type)),"title":\#(JSONText.quoted(title)),"status":\#(status)"#
        text += #","detail":\#(JSONText.quoted(detail))"#
        for member in members {
            text += ",\(JSONText.quoted(member.name)):\(JSONText.quoted(member.value))"
        }
        return text + "}\n"
    }
}

package enum JSONText {
    /// A JSON string (RFC 8259 §7), with what could end a line or a string escaped.
    package static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
