/// The data of a QR code: a header, the text, and what fills it up (ISO/IEC 18004 §7.4).
enum QRBits {
    private static let alphanumeric: [Character: Int] = {
        let characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
        return Dictionary(uniqueKeysWithValues: zip(characters, 0...))
    }()

    static func fits(_ text: String, version: Int, _ level: QRCode.Level) -> Bool {
        let capacity = 8 * QRCorrection.dataCodewords(version, level)
        // Not the bits themselves: for the largest texts they would be made forty times.
        if text.utf8.count > 4_296 { return false }
        let isAlphanumeric = text.allSatisfy { alphanumeric[$0] != nil }
        let count = isAlphanumeric ? text.count : text.utf8.count
        let bits = isAlphanumeric ? count / 2 * 11 + count % 2 * 6 : count * 8
        let countBits = countBits(version: version, isAlphanumeric: isAlphanumeric)
        return count < 1 << countBits && 4 + countBits + bits <= capacity
    }

    /// - Precondition: it fits.
    static func codewords(of text: String, version: Int, _ level: QRCode.Level) -> [UInt8] {
        var bits = [Bool]()
        func append(_ value: Int, _ count: Int) {
            for shift in stride(from: count - 1, through: 0, by: -1) {
                bits.append(value >> shift & 1 == 1)
            }
        }
        let values = text.compactMap { alphanumeric[$0] }
        let isAlphanumeric = values.count == text.count
        append(isAlphanumeric ? 0b0010 : 0b0100, 4)
        append(
            isAlphanumeric ? values.count : text.utf8.count,
            countBits(version: version, isAlphanumeric: isAlphanumeric)
        )
        if isAlphanumeric {
            for index in stride(from: 0, to: values.count, by: 2) {
                if index + 1 < values.count {
                    append(values[index] * 45 + values[index + 1], 11)
                } else {
                    append(values[index], 6)
                }
            }
        } else {
            for byte in text.utf8 {
                append(Int(byte), 8)
            }
        }
        let capacity = QRCorrection.dataCodewords(version, level)
        append(0, min(4, capacity * 8 - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var bytes = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        var filler: UInt8 = 0xEC
        while bytes.count < capacity {
            bytes.append(filler)
            filler ^= 0xEC ^ 0x11
        }
        return bytes
    }

    private static func countBits(version: Int, isAlphanumeric: Bool) -> Int {
        switch version {
        case ..<10: isAlphanumeric ? 9 : 8
        case ..<27: isAlphanumeric ? 11 : 16
        default: isAlphanumeric ? 13 : 16
        }
    }
}
