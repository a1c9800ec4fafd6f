/// What one measurement of one program gave.
typealias Sample = [Metric: Double]
