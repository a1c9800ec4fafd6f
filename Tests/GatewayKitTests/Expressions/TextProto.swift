/// A message in protobuf text format, as far as the test data of CEL needs it.
struct TextProto {
    enum Value {
        case text(String)
        /// A number, a name or a word.
        case word(String)
        case message(TextProto)
    }

    struct Malformed: Error {
        let index: Int
    }

    private(set) var fields: [(name: String, value: Value)] = []

    init() {}

    init(reading text: String) throws {
        var reader = Reader(bytes: Array(text.utf8))
        self = try reader.message(until: nil)
    }

    func messages(_ name: String) -> [TextProto] {
        fields.compactMap { field in
            guard field.name == name, case .message(let message) = field.value else { return nil }
            return message
        }
    }

    func message(_ name: String) -> TextProto? { messages(name).first }

    func text(_ name: String) -> String? {
        for field in fields where field.name == name {
            switch field.value {
            case .text(let text), .word(let text): return text
            case .message: return nil
            }
        }
        return nil
    }

    var first: (name: String, value: Value)? { fields.first }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        var next: UInt8? { index < bytes.count ? bytes[index] : nil }

        mutating func message(until end: UInt8?) throws -> TextProto {
            var message = TextProto()
            while true {
                skipSpace()
                if next == end {
                    index += 1
                    return message
                }
                let name = try name()
                skipSpace()
                let hasColon = skip(":")
                skipSpace()
                if next == UInt8(ascii: "{") || next == UInt8(ascii: "<") {
                    let end = next == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: ">")
                    index += 1
                    message.fields.append((name, .message(try self.message(until: end))))
                } else if hasColon, skip("[") {
                    skipSpace()
                    while !skip("]") {
                        message.fields.append((name, try value()))
                        skipSpace()
                        _ = skip(",")
                        skipSpace()
                    }
                } else {
                    message.fields.append((name, try value()))
                }
                skipSpace()
                _ = skip(",") || skip(";")
            }
        }

        mutating func name() throws -> String {
            if skip("[") {
                let start = index
                while let byte = next, byte != UInt8(ascii: "]") { index += 1 }
                defer { index += 1 }
                return String(decoding: bytes[start..<min(index, bytes.count)], as: UTF8.self)
            }
            return try word()
        }

        mutating func word() throws -> String {
            let start = index
            while let byte = next, isWordByte(byte) { index += 1 }
            guard index > start else { throw Malformed(index: index) }
            return String(decoding: bytes[start..<index], as: UTF8.self)
        }

        mutating func value() throws -> Value {
            if next == UInt8(ascii: "{") {
                index += 1
                return .message(try message(until: UInt8(ascii: "}")))
            }
            guard next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") else { return .word(try word()) }
            var content = [UInt8]()
            while let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                index += 1
                content += try string(until: quote)
                skipSpace()
            }
            return .text(String(decoding: content, as: UTF8.self))
        }

        mutating func string(until quote: UInt8) throws -> [UInt8] {
            var content = [UInt8]()
            while let byte = next {
                index += 1
                if byte == quote { return content }
                content += byte == UInt8(ascii: "\\") ? try escaped() : [byte]
            }
            throw Malformed(index: index)
        }

        mutating func escaped() throws -> [UInt8] {
            guard let byte = next else { throw Malformed(index: index) }
            index += 1
            switch byte {
            case UInt8(ascii: "a"): return [7]
            case UInt8(ascii: "b"): return [8]
            case UInt8(ascii: "f"): return [12]
            case UInt8(ascii: "n"): return [10]
            case UInt8(ascii: "r"): return [13]
            case UInt8(ascii: "t"): return [9]
            case UInt8(ascii: "v"): return [11]
            case UInt8(ascii: "x"), UInt8(ascii: "X"): return [UInt8(truncatingIfNeeded: digits(2, radix: 16))]
            case UInt8(ascii: "u"): return scalar(digits(4, radix: 16))
            case UInt8(ascii: "U"): return scalar(digits(8, radix: 16))
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                index -= 1
                return [UInt8(truncatingIfNeeded: digits(3, radix: 8))]
            default: return [byte]
            }
        }

        func scalar(_ number: Int) -> [UInt8] {
            Unicode.Scalar(UInt32(number)).map { Array(String(Character($0)).utf8) } ?? []
        }

        mutating func digits(_ most: Int, radix: Int) -> Int {
            var number = 0
            for _ in 0..<most {
                guard let byte = next, let digit = Int(String(Unicode.Scalar(byte)), radix: radix) else { break }
                number = number * radix + digit
                index += 1
            }
            return number
        }

        mutating func skip(_ byte: Unicode.Scalar) -> Bool {
            guard next == UInt8(ascii: byte) else { return false }
            index += 1
            return true
        }

        mutating func skipSpace() {
            while let byte = next {
                if byte == UInt8(ascii: "#") {
                    while let byte = next, byte != 10 { index += 1 }
                } else if byte <= 0x20 {
                    index += 1
                } else {
                    return
                }
            }
        }

        func isWordByte(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
    }
}
