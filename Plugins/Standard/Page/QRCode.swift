/// A QR code of model 2 (ISO/IEC 18004): dark and light modules, without the quiet zone around them.
package struct QRCode: Sendable {
    /// How much of the symbol may be lost.
    enum Level {
        case low, medium

        /// The bits that stand for it in the symbol (ISO/IEC 18004, table 12).
        var formatBits: Int { self == .low ? 1 : 0 }
    }

    /// 1...40.
    package let version: Int
    /// Modules of one side.
    package let size: Int
    private var grid: QRGrid

    /// The smallest symbol that holds the text, with the higher level of correction where that costs no space.
    ///
    /// Text of digits, capitals and ` $%*+-./:` takes eleven bits for two characters, any other a byte for each of its
    /// UTF-8 bytes. `nil` when it is longer than the largest symbol holds: 4296 characters, or 2953 bytes.
    package init?(_ text: String) {
        guard let version = (1...40).first(where: { QRBits.fits(text, version: $0, .low) }) else { return nil }
        let level: Level = QRBits.fits(text, version: version, .medium) ? .medium : .low
        let codewords = QRCorrection.interleaved(QRBits.codewords(of: text, version: version, level), version, level)
        self.version = version
        size = 17 + 4 * version
        var empty = QRGrid(version: version)
        empty.place(codewords)
        let masked = (0..<8).map { mask in
            var grid = empty
            grid.apply(mask: mask)
            grid.drawFormat(mask: mask, level)
            return grid
        }
        let penalties = masked.map { $0.penalty }
        grid = masked[penalties.indices.min { penalties[$0] < penalties[$1] } ?? 0]
    }

    /// True where it is dark. Column and row count from the upper left corner.
    package func isDark(_ column: Int, _ row: Int) -> Bool {
        grid.isDark(column, row)
    }

    /// The dark modules as a path of SVG, one run of a row after the other, shifted by a margin.
    package func path(margin: Int) -> String {
        var path = ""
        for row in 0..<size {
            var column = 0
            while column < size {
                var end = column
                while end < size, isDark(end, row) { end += 1 }
                if end > column {
                    path += "M\(column + margin) \(row + margin)h\(end - column)v1h-\(end - column)z"
                }
                column = end + 1
            }
        }
        return path
    }
}
