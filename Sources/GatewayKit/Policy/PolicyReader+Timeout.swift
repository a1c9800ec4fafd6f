extension PolicyReader {
    /// A duration longer than zero: nothing answers within none.
    package mutating func timeout(_ key: String, or fallback: Duration) -> Duration {
        value(key, or: fallback, placeholder: fallback, expected: Expectation.duration) { text in
            Duration(parsing: text).flatMap { $0 > .zero ? $0 : nil }
        }
    }
}
