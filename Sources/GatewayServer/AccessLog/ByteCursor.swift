/// Writes bytes one after the other into memory that is large enough.
///
/// One check a write, where those of a `ByteBuffer` have several: a line of the access log is more than a hundred writes.
struct ByteCursor {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    /// What finds no more room in `memory` is left out.
    init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    mutating func write(_ byte: UInt8) {
        guard count < memory.count else { return }
        memory[count] = byte
        count += 1
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, let target = memory.baseAddress else { return }
        let fitting = min(bytes.count, memory.count - count)
        (target + count).copyMemory(from: source, byteCount: fitting)
        count += fitting
    }

    mutating func write(_ text: StaticString) {
        text.withUTF8Buffer { write(UnsafeRawBufferPointer($0)) }
    }

    /// - Parameter width: the fewest digits, at most 20; zeros come first.
    mutating func writeDecimal(_ number: UInt64, width: Int = 1) {
        // 20 digits are enough for any 64 bits.
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var rest = number
            var start = digits.count
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0 || digits.count - start < min(width, digits.count)
            write(UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }

    /// The lowest `digits` hexadecimal digits, in lower case.
    mutating func writeHexadecimal(_ number: UInt64, digits: Int) {
        for position in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * position) & 0xF)
            write(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
