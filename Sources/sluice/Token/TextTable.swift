/// Rows of columns for a terminal. What others wrote cannot leave its cell.
enum TextTable {
    static func text(_ rows: [[String]]) -> String {
        let rows = rows.map { $0.map(\.printable) }
        var widths = [Int]()
        for row in rows {
            // The last cell of a row is followed by nothing.
            for (index, cell) in row.dropLast().enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], cell.count)
            }
        }
        return rows.map { row in
            row.enumerated().map { index, cell in
                let isLast = index == row.count - 1
                return isLast ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
