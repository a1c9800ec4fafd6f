internal import Foundation

/// Rows of cells, aligned: the first column to the left, the others to the right.
struct Table {
    private var rows: [[String]]

    init(heading: [String]) {
        rows = [heading]
    }

    mutating func add(_ row: [String]) {
        rows.append(row)
    }

    var text: String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        let lines = rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }
        return lines.joined(separator: "\n")
    }

    /// With as many digits as mean something.
    static func number(_ value: Double) -> String {
        let digits = abs(value) >= 1_000 ? 0 : abs(value) >= 10 ? 1 : 2
        return String(format: "%.\(digits)f", value)
    }
}
