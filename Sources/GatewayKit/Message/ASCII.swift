/// Letters and digits of protocol text, as bytes.
package enum ASCII {
    /// `A`...`Z` as `a`...`z`, everything else as it is.
    @inlinable
    package static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// `lowercase` must be in lower case already.
    @inlinable
    package static func equalIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ lowercase: [UInt8]) -> Bool {
        guard bytes.count == lowercase.count else { return false }
        for index in 0..<bytes.count where lowercased(bytes[index]) != lowercase[index] {
            return false
        }
        return true
    }

    /// `tchar` of RFC 9110 §5.6.2: what methods and field names are made of.
    @inlinable
    package static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// The value of a hexadecimal digit, `nil` for any other byte.
    @inlinable
    package static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    package static let lowercaseHexDigits = Array("0123456789abcdef".utf8)
    package static let uppercaseHexDigits = Array("0123456789ABCDEF".utf8)
}
