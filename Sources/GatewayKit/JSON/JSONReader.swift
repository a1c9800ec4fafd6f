/// Reads one JSON text strictly (RFC 8259, RFC 7493): what it accepts, every other reader understands in the same way.
///
/// Refuses names that stand twice, lone surrogates, numbers beyond a double, and nesting deeper than it is told.
package struct JSONReader {
    private static let deepest = 32

    private let bytes: UnsafeRawBufferPointer
    private let deepest: Int
    /// Down to this depth it is noted where the members of objects stand.
    private let notedDepth: Int
    private var index = 0
    private var spans = [JSONSpan]()

    package static func read(_ bytes: UnsafeRawBufferPointer) throws(MalformedJSON) -> JSONValue {
        try located(in: bytes, deepest: deepest, notedDepth: -1).value
    }

    /// - Parameter notedDepth: 0 notes the members of the outermost object; those of each object stand in their order.
    package static func located(
        in bytes: UnsafeRawBufferPointer,
        deepest: Int,
        notedDepth: Int
    ) throws(MalformedJSON) -> (value: JSONValue, spans: [JSONSpan]) {
        var reader = JSONReader(bytes, deepest: deepest, notedDepth: notedDepth)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.index == bytes.count else { throw MalformedJSON("something stands behind the JSON text") }
        return (value, reader.spans)
    }

    private init(_ bytes: UnsafeRawBufferPointer, deepest: Int, notedDepth: Int) {
        self.bytes = bytes
        self.deepest = deepest
        self.notedDepth = notedDepth
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func value(depth: Int) throws(MalformedJSON) -> JSONValue {
        guard depth < deepest else { throw MalformedJSON("the JSON text is nested too deeply") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(MalformedJSON) -> JSONValue {
        index += 1
        var members = [JSONValue.Member]()
        var names = Set<[UInt8]>()
        skipSpace()
        if skip(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw MalformedJSON("a member of a JSON object has no name") }
            let start = index
            let name = try string()
            guard names.insert(Array(name.utf8)).inserted else {
                throw MalformedJSON("a name stands twice in a JSON object")
            }
            skipSpace()
            guard skip(UInt8(ascii: ":")) else { throw MalformedJSON("a member of a JSON object has no value") }
            skipSpace()
            let valueStart = index
            members.append(.init(name, try value(depth: depth + 1)))
            if depth <= notedDepth {
                spans.append(JSONSpan(depth: depth, name: name, member: start..<index, value: valueStart..<index))
            }
            skipSpace()
            if skip(UInt8(ascii: "}")) { return .object(members) }
            guard skip(UInt8(ascii: ",")) else { throw MalformedJSON("a JSON object does not end") }
        }
    }

    private mutating func array(depth: Int) throws(MalformedJSON) -> JSONValue {
        index += 1
        var values = [JSONValue]()
        skipSpace()
        if skip(UInt8(ascii: "]")) { return .array([]) }
        while true {
            values.append(try value(depth: depth + 1))
            skipSpace()
            if skip(UInt8(ascii: "]")) { return .array(values) }
            guard skip(UInt8(ascii: ",")) else { throw MalformedJSON("a JSON array does not end") }
        }
    }

    // MARK: Strings

    private mutating func string() throws(MalformedJSON) -> String {
        index += 1
        let start = index
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
            index += 1
        }
        // Most hold no escape, and are copied once.
        if next == UInt8(ascii: "\"") {
            index += 1
            return try text(of: UnsafeRawBufferPointer(rebasing: bytes[start..<index - 1]))
        }
        var content = Array(bytes[start..<index])
        while let byte = next {
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                return try text(of: content)
            case UInt8(ascii: "\\"):
                content.append(contentsOf: try escaped())
            case 0..<0x20:
                throw MalformedJSON("a JSON string holds a control character")
            default:
                content.append(byte)
            }
        }
        throw MalformedJSON("a JSON string does not end")
    }

    private func text(of content: some Collection<UInt8>) throws(MalformedJSON) -> String {
        guard let text = String(validating: content, as: UTF8.self) else {
            throw MalformedJSON("a JSON string is not UTF-8")
        }
        return text
    }

    private mutating func escaped() throws(MalformedJSON) -> [UInt8] {
        guard let byte = next else { throw MalformedJSON("a JSON string does not end") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            guard UTF16.isLeadSurrogate(unit) else { return try utf8(of: UInt32(unit)) }
            guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
                throw MalformedJSON("a JSON string holds a lone surrogate")
            }
            let trail = try codeUnit()
            guard UTF16.isTrailSurrogate(trail) else { throw MalformedJSON("a JSON string holds a lone surrogate") }
            return try utf8(of: 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00))
        default: throw MalformedJSON("a JSON string holds an escape that does not exist")
        }
    }

    private func utf8(of value: UInt32) throws(MalformedJSON) -> [UInt8] {
        guard let scalar = Unicode.Scalar(value) else { throw MalformedJSON("a JSON string holds a lone surrogate") }
        return Array(String(scalar).utf8)
    }

    private mutating func codeUnit() throws(MalformedJSON) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next.flatMap({ ASCII.hexValue($0) }) else {
                throw MalformedJSON("a JSON string holds an escape that does not exist")
            }
            index += 1
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    // MARK: The rest

    private mutating func number() throws(MalformedJSON) -> Double {
        let start = index
        _ = skip(UInt8(ascii: "-"))
        let integer = digits()
        guard integer.count > 0, integer.count == 1 || bytes[integer.lowerBound] != UInt8(ascii: "0") else {
            throw MalformedJSON("something in the JSON text is no value")
        }
        if skip(UInt8(ascii: ".")) {
            guard digits().count > 0 else { throw MalformedJSON("a JSON number ends at its point") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            index += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
            guard digits().count > 0 else { throw MalformedJSON("a JSON number has no exponent") }
        }
        guard let number = Double(String(decoding: bytes[start..<index], as: UTF8.self)), number.isFinite else {
            throw MalformedJSON("a JSON number is too large")
        }
        return number
    }

    private mutating func digits() -> Range<Int> {
        let start = index
        while let byte = next, (0x30...0x39).contains(byte) {
            index += 1
        }
        return start..<index
    }

    private mutating func word(_ word: StaticString) throws(MalformedJSON) {
        let length = word.utf8CodeUnitCount
        let isHere = word.withUTF8Buffer { bytes[index...].starts(with: $0) }
        guard isHere else { throw MalformedJSON("something in the JSON text is no value") }
        index += length
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            index += 1
        }
    }
}
