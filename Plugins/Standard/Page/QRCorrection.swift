/// Error correction of QR codes: blocks of data, each with a remainder by a polynomial over GF(256) (ISO/IEC 18004
/// §7.5).
enum QRCorrection {
    /// Codewords of correction in each block, by version (ISO/IEC 18004, table 9).
    private static let lowCorrection = [
        7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30,
        30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ]
    private static let mediumCorrection = [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ]
    /// Blocks, by version (the same table).
    private static let lowBlocks = [
        1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19,
        19, 20, 21, 22, 24, 25,
    ]
    private static let mediumBlocks = [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31,
        33, 35, 37, 38, 40, 43, 45, 47, 49,
    ]

    private static func layout(_ version: Int, _ level: QRCode.Level) -> (blocks: Int, correction: Int) {
        level == .low
            ? (lowBlocks[version - 1], lowCorrection[version - 1])
            : (mediumBlocks[version - 1], mediumCorrection[version - 1])
    }

    /// What is left of a symbol's modules when its patterns are drawn, in whole codewords.
    static func codewords(_ version: Int) -> Int {
        var modules = (16 * version + 128) * version + 64
        if version >= 2 {
            let alignments = version / 7 + 2
            modules -= (25 * alignments - 10) * alignments - 55
        }
        if version >= 7 {
            modules -= 36
        }
        return modules / 8
    }

    static func dataCodewords(_ version: Int, _ level: QRCode.Level) -> Int {
        let (blocks, correction) = layout(version, level)
        return codewords(version) - blocks * correction
    }

    /// The data and its correction in the order in which they are placed: the first of each block, the second of each,
    /// and so on. The last blocks may be one longer than the first ones.
    static func interleaved(_ data: [UInt8], _ version: Int, _ level: QRCode.Level) -> [UInt8] {
        let (blockCount, correctionCount) = layout(version, level)
        let shortBlocks = blockCount - codewords(version) % blockCount
        let shortCount = codewords(version) / blockCount - correctionCount
        let divisor = divisor(correctionCount)
        var blocks = [ArraySlice<UInt8>]()
        var rest = data[...]
        for block in 0..<blockCount {
            let count = shortCount + (block < shortBlocks ? 0 : 1)
            blocks.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        var result = [UInt8]()
        for index in 0...shortCount {
            for block in blocks where index < block.count {
                result.append(block[block.startIndex + index])
            }
        }
        let corrections = blocks.map { remainder(of: $0, by: divisor) }
        for index in 0..<correctionCount {
            result += corrections.map { $0[index] }
        }
        return result
    }

    /// The coefficients of (x - 1)(x - 2)(x - 4)…, without the leading one.
    private static func divisor(_ degree: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: degree - 1) + [1]
        var root: UInt8 = 1
        for _ in 0..<degree {
            for index in 0..<degree {
                result[index] = multiply(result[index], root) ^ (index + 1 < degree ? result[index + 1] : 0)
            }
            root = multiply(root, 2)
        }
        return result
    }

    private static func remainder(of data: ArraySlice<UInt8>, by divisor: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: divisor.count)
        for byte in data {
            let factor = byte ^ result[0]
            for index in 0..<divisor.count {
                let next = index + 1 < divisor.count ? result[index + 1] : 0
                result[index] = next ^ multiply(divisor[index], factor)
            }
        }
        return result
    }

    /// In GF(256) with x⁸ + x⁴ + x³ + x² + 1.
    private static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product = 0
        for bit in stride(from: 7, through: 0, by: -1) {
            product = product << 1 ^ (product >> 7) * 0x11D
            product ^= Int(right >> UInt8(bit) & 1) * Int(left)
        }
        return UInt8(truncatingIfNeeded: product)
    }
}
