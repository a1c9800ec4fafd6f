/// The modules of a QR code and which of them are patterns (ISO/IEC 18004 §6.3).
struct QRGrid {
    private let version: Int
    private let size: Int
    private var dark: [Bool]
    private var isPattern: [Bool]

    /// With every pattern drawn but the format, whose place is kept.
    init(version: Int) {
        self.version = version
        size = 17 + 4 * version
        dark = Array(repeating: false, count: size * size)
        isPattern = dark
        drawPatterns()
    }

    func isDark(_ column: Int, _ row: Int) -> Bool { dark[row * size + column] }

    // MARK: Patterns

    private mutating func set(_ column: Int, _ row: Int, _ isDark: Bool) {
        dark[row * size + column] = isDark
        isPattern[row * size + column] = true
    }

    private mutating func drawPatterns() {
        for index in 0..<size {
            set(6, index, index % 2 == 0)
            set(index, 6, index % 2 == 0)
        }
        for (column, row) in [(3, 3), (size - 4, 3), (3, size - 4)] {
            drawSquares(column, row, reach: 4)
        }
        let centres = alignmentCentres
        for column in centres {
            for row in centres where !isFinder(column, row) {
                drawSquares(column, row, reach: 2)
            }
        }
        drawFormat(mask: 0, .low)
        drawVersion()
    }

    private func isFinder(_ column: Int, _ row: Int) -> Bool {
        (column == 6 && (row == 6 || row == size - 7)) || (column == size - 7 && row == 6)
    }

    /// Nested squares: a finder and its separator (reach 4), or an alignment pattern (reach 2).
    private mutating func drawSquares(_ column: Int, _ row: Int, reach: Int) {
        for down in -reach...reach {
            for right in -reach...reach {
                let distance = max(abs(down), abs(right))
                let x = column + right
                let y = row + down
                guard (0..<size).contains(x), (0..<size).contains(y) else { continue }
                set(x, y, reach == 4 ? distance != 2 && distance != 4 : distance != 1)
            }
        }
    }

    /// Evenly spaced from the far end on, with what is left over before the first one (ISO/IEC 18004, annex E).
    private var alignmentCentres: [Int] {
        guard version > 1 else { return [] }
        let count = version / 7 + 2
        let step = version == 32 ? 26 : (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2
        return [6] + (0..<count - 1).map { size - 7 - $0 * step }
    }

    /// Level and mask with their own correction (BCH 15,5), twice (ISO/IEC 18004 §7.9).
    mutating func drawFormat(mask: Int, _ level: QRCode.Level) {
        let data = level.formatBits << 3 | mask
        var remainder = data
        for _ in 0..<10 {
            remainder = remainder << 1 ^ (remainder >> 9) * 0x537
        }
        let bits = (data << 10 | remainder) ^ 0x5412
        for index in 0..<15 {
            let isDark = bits >> index & 1 == 1
            switch index {
            case 0...5: set(8, index, isDark)
            case 6, 7: set(8, index + 1, isDark)
            case 8: set(7, 8, isDark)
            default: set(14 - index, 8, isDark)
            }
            if index < 8 {
                set(size - 1 - index, 8, isDark)
            } else {
                set(8, size - 15 + index, isDark)
            }
        }
        set(8, size - 8, true)
    }

    /// From version 7 on, with a correction of its own (BCH 18,6), twice (ISO/IEC 18004 §7.10).
    private mutating func drawVersion() {
        guard version >= 7 else { return }
        var remainder = version
        for _ in 0..<12 {
            remainder = remainder << 1 ^ (remainder >> 11) * 0x1F25
        }
        let bits = version << 12 | remainder
        for index in 0..<18 {
            let far = size - 11 + index % 3
            set(far, index / 3, bits >> index & 1 == 1)
            set(index / 3, far, bits >> index & 1 == 1)
        }
    }

    // MARK: Data

    /// In columns of two from the right, up and down in turns, around the patterns (ISO/IEC 18004 §7.7.3).
    mutating func place(_ codewords: [UInt8]) {
        var index = 0
        var right = size - 1
        var isUpward = true
        while right > 0 {
            // The vertical timing pattern takes a column of its own.
            if right == 6 { right = 5 }
            for step in 0..<size {
                let row = isUpward ? size - 1 - step : step
                for column in [right, right - 1] where !isPattern[row * size + column] {
                    if index < codewords.count * 8 {
                        dark[row * size + column] = codewords[index / 8] >> UInt8(7 - index % 8) & 1 == 1
                    }
                    index += 1
                }
            }
            right -= 2
            isUpward.toggle()
        }
    }

    /// Flips the data by one of eight patterns (ISO/IEC 18004, table 10).
    mutating func apply(mask: Int) {
        for row in 0..<size {
            for column in 0..<size where !isPattern[row * size + column] {
                let product = row * column
                let isFlipped =
                    switch mask {
                    case 0: (row + column) % 2 == 0
                    case 1: row % 2 == 0
                    case 2: column % 3 == 0
                    case 3: (row + column) % 3 == 0
                    case 4: (row / 2 + column / 3) % 2 == 0
                    case 5: product % 2 + product % 3 == 0
                    case 6: (product % 2 + product % 3) % 2 == 0
                    default: ((row + column) % 2 + product % 3) % 2 == 0
                    }
                if isFlipped { dark[row * size + column].toggle() }
            }
        }
    }

    // MARK: Readability

    /// How hard it is to read, by the four rules of ISO/IEC 18004 §7.8.3: long runs, blocks, what looks like a finder, and
    /// too much of one colour.
    var penalty: Int {
        var penalty = 0
        for line in 0..<size {
            penalty += runPenalty { isDark($0, line) } + runPenalty { isDark(line, $0) }
        }
        for row in 0..<size - 1 {
            for column in 0..<size - 1 {
                let colour = isDark(column, row)
                if colour == isDark(column + 1, row), colour == isDark(column, row + 1),
                    colour == isDark(column + 1, row + 1)
                {
                    penalty += 3
                }
            }
        }
        let total = size * size
        let count = dark.count { $0 }
        return penalty + abs(count * 20 - total * 10) / total * 10
    }

    private func runPenalty(_ isDark: (Int) -> Bool) -> Int {
        var penalty = 0
        var length = 0
        var window = 0
        for index in 0..<size {
            let colour = isDark(index)
            length = index > 0 && colour == isDark(index - 1) ? length + 1 : 1
            penalty += length == 5 ? 3 : length > 5 ? 1 : 0
            // Eleven modules: a finder with four light ones before or behind it.
            window = (window << 1 | (colour ? 1 : 0)) & 0x7FF
            if index >= 10, window == 0b101_1101_0000 || window == 0b000_0101_1101 {
                penalty += 40
            }
        }
        return penalty
    }
}
