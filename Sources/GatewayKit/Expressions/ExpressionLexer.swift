/// Splits the text of an expression into words (CEL language definition, "Syntax").
struct ExpressionLexer {
    private static let symbols = [
        "||", "&&", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[",
        "]",
        "{", "}", "=", "&", "|", ";",
    ].map { Array($0.utf8) }

    let bytes: [UInt8]
    var index = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    func byte(_ distance: Int) -> UInt8? {
        index + distance < bytes.count ? bytes[index + distance] : nil
    }

    /// The next word; `.end` behind the last one, however often.
    mutating func token() throws(ExpressionMistake) -> ExpressionToken {
        skipSpace()
        let start = index
        guard let byte = next else { return ExpressionToken(kind: .end, offset: start) }
        if let kind = try string() { return ExpressionToken(kind: kind, offset: start) }
        if isNameStart(byte) {
            while let byte = next, isNameStart(byte) || isDigit(byte) { index += 1 }
            return ExpressionToken(kind: .name(text(from: start)), offset: start)
        }
        if isDigit(byte) || byte == UInt8(ascii: ".") && self.byte(1).map(isDigit) == true {
            return ExpressionToken(kind: try number(), offset: start)
        }
        if byte == UInt8(ascii: "`") {
            return ExpressionToken(kind: .quotedName(try quotedName()), offset: start)
        }
        for symbol in Self.symbols where bytes[index...].starts(with: symbol) {
            index += symbol.count
            return ExpressionToken(kind: .symbol(String(decoding: symbol, as: UTF8.self)), offset: start)
        }
        let rest = String(decoding: bytes[start...].prefix(8), as: UTF8.self)
        throw ExpressionMistake(start, "'\(rest.prefix(1))' is no part of an expression")
    }

    /// Spaces, line ends, and comments: `// …` to the end of a line.
    private mutating func skipSpace() {
        while let byte = next {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0C, 0x0D:
                index += 1
            case UInt8(ascii: "/") where self.byte(1) == UInt8(ascii: "/"):
                while let byte = next, byte != 0x0A { index += 1 }
            default:
                return
            }
        }
    }

    func text(from start: Int) -> String {
        String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private func isNameStart(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private mutating func quotedName() throws(ExpressionMistake) -> String {
        let start = index
        index += 1
        while let byte = next, byte != UInt8(ascii: "`") {
            guard isNameStart(byte) || isDigit(byte) || "./- ".utf8.contains(byte) else { break }
            index += 1
        }
        guard next == UInt8(ascii: "`"), index > start + 1 else {
            throw ExpressionMistake(start, "a name between accents ends with one, as `x-tenant` does")
        }
        defer { index += 1 }
        return String(decoding: bytes[start + 1..<index], as: UTF8.self)
    }

    // MARK: Numbers

    private mutating func number() throws(ExpressionMistake) -> ExpressionToken.Kind {
        let start = index
        if next == UInt8(ascii: "0"), byte(1) == UInt8(ascii: "x") || byte(1) == UInt8(ascii: "X") {
            index += 2
            let digits = index
            while let byte = next, ASCII.hexValue(byte) != nil { index += 1 }
            let number = UInt64(text(from: digits), radix: 16)
            return try whole(number, from: start)
        }
        while let byte = next, isDigit(byte) { index += 1 }
        var isWhole = true
        if next == UInt8(ascii: "."), byte(1).map(isDigit) == true {
            isWhole = false
            index += 1
            while let byte = next, isDigit(byte) { index += 1 }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            let signs = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-") ? 2 : 1
            if byte(signs).map(isDigit) == true {
                isWhole = false
                index += signs
                while let byte = next, isDigit(byte) { index += 1 }
            }
        }
        if isWhole { return try whole(UInt64(text(from: start)), from: start) }
        guard let number = Double(text(from: start)), number.isFinite else {
            throw ExpressionMistake(start, "the number '\(text(from: start).prefix(40))' is too large for a double")
        }
        try refuseLetters(from: start)
        return .double(number)
    }

    private mutating func whole(_ number: UInt64?, from start: Int) throws(ExpressionMistake) -> ExpressionToken.Kind {
        let digits = text(from: start)
        let isUnsigned = next == UInt8(ascii: "u") || next == UInt8(ascii: "U")
        if isUnsigned { index += 1 }
        // One more than the largest int is there for the smallest, behind a minus.
        guard let number, isUnsigned || number <= UInt64(Int64.max) + 1 else {
            throw ExpressionMistake(
                start,
                "the number '\(digits.prefix(40))' is too large for \(isUnsigned ? "a uint" : "an int")"
            )
        }
        try refuseLetters(from: start)
        return isUnsigned ? .uint(number) : .int(number)
    }

    private func refuseLetters(from start: Int) throws(ExpressionMistake) {
        guard let byte = next, isNameStart(byte) else { return }
        throw ExpressionMistake(
            start,
            "a number and a name stand together: '\(text(from: start))\(Character(Unicode.Scalar(byte)))'"
        )
    }
}
