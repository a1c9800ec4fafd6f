extension Duration {
    /// Between a half and all of it: many that have failed together do not come back together.
    package var jittered: Duration { self * Double.random(in: 0.5...1) }
}
