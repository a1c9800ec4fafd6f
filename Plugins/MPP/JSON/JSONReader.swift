internal import GatewayKit

/// Reads one JSON text strictly (RFC 8259, RFC 7493): what it accepts, every other reader understands in the same way.
///
/// Refuses names that stand twice, lone surrogates, numbers beyond a double, and nesting deeper than 32.
package struct JSONReader {
    private static let deepest = 32

    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    package static func value(of bytes: UnsafeRawBufferPointer) throws(MalformedPayment) -> JSONValue {
        var reader = JSONReader(bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.index == bytes.count else { throw MalformedPayment("something stands behind the JSON text") }
        return value
    }

    package static func value(of bytes: [UInt8]) throws(MalformedPayment) -> JSONValue {
        let result: Result<JSONValue, MalformedPayment> = bytes.withUnsafeBytes { buffer in
            do throws(MalformedPayment) {
                return .success(try value(of: buffer))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func value(depth: Int) throws(MalformedPayment) -> JSONValue {
        guard depth < Self.deepest else { throw MalformedPayment("the JSON text is nested too deeply") }
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

    private mutating func object(depth: Int) throws(MalformedPayment) -> JSONValue {
        index += 1
        var members = [JSONValue.Member]()
        var names = Set<[UInt8]>()
        skipSpace()
        if skip(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw MalformedPayment("a member of a JSON object has no name") }
            let name = try string()
            guard names.insert(Array(name.utf8)).inserted else {
                throw MalformedPayment("a name stands twice in a JSON object")
            }
            skipSpace()
            guard skip(UInt8(ascii: ":")) else { throw MalformedPayment("a member of a JSON object has no value") }
            members.append(.init(name, try value(depth: depth + 1)))
            skipSpace()
            if skip(UInt8(ascii: "}")) { return .object(members) }
            guard skip(UInt8(ascii: ",")) else { throw MalformedPayment("a JSON object does not end") }
        }
    }

    private mutating func array(depth: Int) throws(MalformedPayment) -> JSONValue {
        index += 1
        var values = [JSONValue]()
        skipSpace()
        if skip(UInt8(ascii: "]")) { return .array([]) }
        while true {
            values.append(try value(depth: depth + 1))
            skipSpace()
            if skip(UInt8(ascii: "]")) { return .array(values) }
            guard skip(UInt8(ascii: ",")) else { throw MalformedPayment("a JSON array does not end") }
        }
    }

    // MARK: Strings

    private mutating func string() throws(MalformedPayment) -> String {
        index += 1
        var content = [UInt8]()
        while let byte = next {
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw MalformedPayment("a JSON string is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"):
                content.append(contentsOf: try escaped())
            case 0..<0x20:
                throw MalformedPayment("a JSON string holds a control character")
            default:
                content.append(byte)
            }
        }
        throw MalformedPayment("a JSON string does not end")
    }

    private mutating func escaped() throws(MalformedPayment) -> [UInt8] {
        guard let byte = next else { throw MalformedPayment("a JSON string does not end") }
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
                throw MalformedPayment("a JSON string holds a lone surrogate")
            }
            let trail = try codeUnit()
            guard UTF16.isTrailSurrogate(trail) else { throw MalformedPayment("a JSON string holds a lone surrogate") }
            return try utf8(of: 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00))
        default: throw MalformedPayment("a JSON string holds an escape that does not exist")
        }
    }

    private func utf8(of value: UInt32) throws(MalformedPayment) -> [UInt8] {
        guard let scalar = Unicode.Scalar(value) else { throw MalformedPayment("a JSON string holds a lone surrogate") }
        return Array(String(scalar).utf8)
    }

    private mutating func codeUnit() throws(MalformedPayment) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next.flatMap({ ASCII.hexValue($0) }) else {
                throw MalformedPayment("a JSON string holds an escape that does not exist")
            }
            index += 1
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    // MARK: The rest

    private mutating func number() throws(MalformedPayment) -> Double {
        let start = index
        _ = skip(UInt8(ascii: "-"))
        let integer = digits()
        guard integer.count > 0, integer.count == 1 || bytes[integer.lowerBound] != UInt8(ascii: "0") else {
            throw MalformedPayment("something in the JSON text is no value")
        }
        if skip(UInt8(ascii: ".")) {
            guard digits().count > 0 else { throw MalformedPayment("a JSON number ends at its point") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            index += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
            guard digits().count > 0 else { throw MalformedPayment("a JSON number has no exponent") }
        }
        guard let number = Double(String(decoding: bytes[start..<index], as: UTF8.self)), number.isFinite else {
            throw MalformedPayment("a JSON number is too large")
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

    private mutating func word(_ word: StaticString) throws(MalformedPayment) {
        let length = word.utf8CodeUnitCount
        let isHere = word.withUTF8Buffer { bytes[index...].starts(with: $0) }
        guard isHere else { throw MalformedPayment("something in the JSON text is no value") }
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
