internal import GatewayKit
internal import NIOCore

/// One line in the making: puts names, separators and quotes where its format has them.
///
/// Whatever is added, the line is printable ASCII and its only line end is its last byte.
struct AccessLogLine {
    private let format: AccessLogSettings.Format
    private var cursor: ByteCursor
    private var isEmpty = true

    /// - Parameter memory: large enough for the line.
    init(_ format: AccessLogSettings.Format, in memory: UnsafeMutableRawBufferPointer) {
        self.format = format
        cursor = ByteCursor(memory)
    }

    /// - Returns: the length of the line.
    mutating func end() -> Int {
        switch format {
        case .json: cursor.write("}\n")
        case .logfmt: cursor.write("\n")
        }
        return cursor.count
    }

    // MARK: Text of others

    mutating func add(_ name: StaticString, _ text: String?) {
        guard var text, !text.isEmpty else { return }
        begin(name)
        text.withUTF8 { LogText.write(UnsafeRawBufferPointer($0), as: format, into: &cursor) }
    }

    mutating func add(_ name: StaticString, _ text: ByteBuffer) {
        guard text.readableBytes > 0 else { return }
        begin(name)
        text.withUnsafeReadableBytes { LogText.write($0, as: format, into: &cursor) }
    }

    // MARK: Values that need no escaping

    mutating func add(_ name: StaticString, _ number: UInt64?) {
        guard let number else { return }
        begin(name)
        cursor.writeDecimal(number)
    }

    /// Milliseconds and three decimal places.
    mutating func add(_ name: StaticString, milliseconds duration: Duration?) {
        guard let (seconds, attoseconds) = duration?.components else { return }
        begin(name)
        let microseconds = UInt64(clamping: Int128(seconds) * 1_000_000 + Int128(attoseconds / 1_000_000_000_000))
        cursor.writeDecimal(microseconds / 1_000)
        cursor.write(".")
        cursor.writeDecimal(microseconds % 1_000, width: 3)
    }

    /// In UTC (RFC 3339 §5.6). Before 1970 it is 1970.
    mutating func add(_ name: StaticString, _ time: WallTime) {
        begin(name)
        writeQuote()
        let milliseconds = UInt64(clamping: time.milliseconds)
        let (seconds, day) = (milliseconds / 1_000, milliseconds / 86_400_000)
        let date = HTTPDate.civil(Int(day))
        cursor.writeDecimal(UInt64(clamping: date.year), width: 4)
        cursor.write("-")
        cursor.writeDecimal(UInt64(clamping: date.month), width: 2)
        cursor.write("-")
        cursor.writeDecimal(UInt64(clamping: date.day), width: 2)
        cursor.write("T")
        cursor.writeDecimal(seconds / 3_600 % 24, width: 2)
        cursor.write(":")
        cursor.writeDecimal(seconds / 60 % 60, width: 2)
        cursor.write(":")
        cursor.writeDecimal(seconds % 60, width: 2)
        cursor.write(".")
        cursor.writeDecimal(milliseconds % 1_000, width: 3)
        cursor.write("Z")
        writeQuote()
    }

    /// The same digits as its `description`.
    mutating func add(_ name: StaticString, _ id: ExchangeID) {
        begin(name)
        writeQuote()
        cursor.writeHexadecimal(id.number, digits: 16)
        writeQuote()
    }

    mutating func add(_ name: StaticString, _ address: IPAddress?) {
        guard let address else { return }
        begin(name)
        writeQuote()
        address.withText { cursor.write($0) }
        writeQuote()
    }

    // MARK: Separators

    private mutating func begin(_ name: StaticString) {
        switch format {
        case .json:
            cursor.write(isEmpty ? "{\"" : ",\"")
            cursor.write(name)
            cursor.write("\":")
        case .logfmt:
            if !isEmpty {
                cursor.write(" ")
            }
            cursor.write(name)
            cursor.write("=")
        }
        isEmpty = false
    }

    private mutating func writeQuote() {
        if format == .json {
            cursor.write("\"")
        }
    }
}
