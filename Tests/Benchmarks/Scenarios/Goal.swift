/// What Sluice is to reach: at most so many times what nginx takes.
struct Goal: Codable {
    let metric: Metric
    let ratio: Double
}
