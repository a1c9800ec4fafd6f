/// Finds the word that somebody meant.
public enum Guess {
    /// ` (did you mean 'rate-limit'?)`, or nothing when no known word is near.
    public static func hint(for word: String, among known: some Sequence<String>) -> String {
        let nearest = known.map { (word: $0, distance: distance(word, $0)) }.min {
            ($0.distance, $0.word) < ($1.distance, $1.word)
        }
        guard let nearest, nearest.distance <= max(1, word.count / 3) else { return "" }
        return " (did you mean '\(nearest.word)'?)"
    }

    /// Letters to insert, delete, replace or swap (Damerau-Levenshtein, adjacent swaps only).
    static func distance(_ first: String, _ second: String) -> Int {
        let first = Array(first.lowercased().unicodeScalars.prefix(64))
        let second = Array(second.lowercased().unicodeScalars.prefix(64))
        guard !first.isEmpty, !second.isEmpty else { return max(first.count, second.count) }
        var beforeLast = [Int](repeating: 0, count: second.count + 1)
        var last = Array(0...second.count)
        for row in 1...first.count {
            var current = [row] + [Int](repeating: 0, count: second.count)
            for column in 1...second.count {
                let cost = first[row - 1] == second[column - 1] ? 0 : 1
                current[column] = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + cost)
                if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
                    current[column] = min(current[column], beforeLast[column - 2] + 1)
                }
            }
            (beforeLast, last) = (last, current)
        }
        return last[second.count]
    }
}
