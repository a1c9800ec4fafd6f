/// Times of the day: `08:00-18:00`, several of them with commas, over midnight where the end comes first.
struct DayWindows {
    /// Longer lists are not read.
    static let most = 24

    /// In minutes from midnight, 0..<1440; in order and apart from each other.
    private let ranges: [Range<Int>]

    /// `nil` unless all of it can be read. The end is not part of a window; `24:00` is one, and a window of nothing is none.
    init?(_ text: String) {
        let comma = UInt8(ascii: ",")
        let windows = text.utf8.split(separator: comma, maxSplits: Self.most, omittingEmptySubsequences: false)
        guard windows.count <= Self.most else { return nil }
        var ranges = [Range<Int>]()
        for window in windows {
            let ends = window.split(separator: UInt8(ascii: "-"), maxSplits: 2, omittingEmptySubsequences: false)
            guard ends.count == 2, let start = Self.minute(ends[0]), let end = Self.minute(ends[1]), start < 1_440,
                start != end
            else { return nil }
            if start < end {
                ranges.append(start..<end)
            } else {
                ranges.append(start..<1_440)
                if end > 0 { ranges.append(0..<end) }
            }
        }
        self.ranges = Self.joined(ranges)
    }

    func contains(minute: Int) -> Bool {
        ranges.contains { $0.contains(minute) }
    }

    func isSubset(of other: DayWindows) -> Bool {
        ranges.allSatisfy { range in
            other.ranges.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
        }
    }

    /// `HH:MM` up to `24:00`.
    private static func minute(_ text: Substring.UTF8View) -> Int? {
        let bytes = Array(text.prefix(6))
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [0, 1, 3, 4].map { Int(bytes[$0]) - 0x30 }
        guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard minute < 60, hour < 24 || hour == 24 && minute == 0 else { return nil }
        return hour * 60 + minute
    }

    /// What touches or overlaps becomes one, so that a window lies in another list when it lies in one of its ranges.
    private static func joined(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var joined = [Range<Int>]()
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound <= last.upperBound {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}
