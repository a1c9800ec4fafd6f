/// Names one exchange in the log and in every answer that refuses: what a user quotes and an operator looks up.
public struct ExchangeID: Hashable, Sendable {
    package let number: UInt64

    public init(_ number: UInt64) {
        self.number = number
    }
}

extension ExchangeID: CustomStringConvertible {
    /// 16 hexadecimal digits.
    public var description: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension ExchangeID {
    /// What `description` says; `nil` for anything else.
    package init?(parsing text: String) {
        guard text.utf8.count == 16, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let number = UInt64(text, radix: 16)
        else { return nil }
        self.init(number)
    }
}
