/// What a load saw.
struct LoadResult {
    let requests: Int
    let duration: Duration
    let median: Duration
    /// The 99th percentile.
    let slow: Duration

    init(requests: Int, duration: Duration, median: Duration, slow: Duration) {
        self.requests = requests
        self.duration = duration
        self.median = median
        self.slow = slow
    }

    /// - Parameter latencies: of each request, in any order; not empty.
    init(latencies: [Duration], duration: Duration) {
        let sorted = latencies.sorted()
        self.init(
            requests: sorted.count,
            duration: duration,
            median: sorted[sorted.count / 2],
            slow: sorted[sorted.count * 99 / 100]
        )
    }

    var requestsPerSecond: Double { Double(requests) / duration.seconds }
}
