internal import GatewayKit

/// Text that somebody else chose, written so that it cannot end its value or its line, or deceive a terminal.
///
/// Everything but printable ASCII is escaped as JSON does it (RFC 8259 §7), bytes that are not UTF-8 as U+FFFD. In
/// logfmt such text, and text with a space or an `=`, stands in quotes with the same escapes.
enum LogText {
    /// No text of so many bytes is longer when it is written, its quotes included.
    static func longest(_ count: Int) -> Int {
        6 * count + 2
    }

    static func write(
        _ bytes: UnsafeRawBufferPointer,
        as format: AccessLogSettings.Format,
        into cursor: inout ByteCursor
    ) {
        switch format {
        case .json: writeQuoted(bytes, into: &cursor)
        case .logfmt where !bytes.isEmpty && bytes.allSatisfy(standsBare): cursor.write(bytes)
        case .logfmt: writeQuoted(bytes, into: &cursor)
        }
    }

    private static func writeQuoted(_ bytes: UnsafeRawBufferPointer, into cursor: inout ByteCursor) {
        cursor.write("\"")
        if bytes.allSatisfy(standsInQuotes) {
            cursor.write(bytes)
        } else {
            writeEscaped(bytes, into: &cursor)
        }
        cursor.write("\"")
    }

    private static func standsInQuotes(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func standsBare(_ byte: UInt8) -> Bool {
        standsInQuotes(byte) && byte != 0x20 && byte != UInt8(ascii: "=")
    }

    private static func writeEscaped(_ bytes: UnsafeRawBufferPointer, into cursor: inout ByteCursor) {
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        while true {
            switch decoder.decode(&rest) {
            case .scalarValue(let scalar): writeEscaped(scalar, into: &cursor)
            case .error: writeUnit(0xFFFD, into: &cursor)
            case .emptyInput: return
            }
        }
    }

    private static func writeEscaped(_ scalar: Unicode.Scalar, into cursor: inout ByteCursor) {
        switch scalar {
        case "\"": cursor.write(#"\""#)
        case "\\": cursor.write(#"\\"#)
        case "\n": cursor.write(#"\n"#)
        case "\r": cursor.write(#"\r"#)
        case "\t": cursor.write(#"\t"#)
        case " "..."~": cursor.write(UInt8(truncatingIfNeeded: scalar.value))
        default:
            for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                writeUnit(unit, into: &cursor)
            }
        }
    }

    private static func writeUnit(_ unit: UInt16, into cursor: inout ByteCursor) {
        cursor.write("\\u")
        cursor.writeHexadecimal(UInt64(unit), digits: 4)
    }
}
