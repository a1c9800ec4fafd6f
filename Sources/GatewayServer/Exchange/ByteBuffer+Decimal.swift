internal import NIOCore

extension ByteBuffer {
    /// Writes a number in decimal digits, without a `String`.
    mutating func writeDecimal(_ number: UInt64) {
        // 20 digits are enough for any 64 bits.
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var rest = number
            var start = digits.count
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            writeBytes(UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }
}
