extension Exchange {
    /// Says what a stage looked at to decide, for whoever asks why a request is answered as it is (`sluice explain`, the
    /// live trace). Costs nothing where nobody asks: neither text is made then.
    ///
    /// - Parameters:
    ///   - name: of the input, in a few words: `client address`.
    ///   - value: what it was. Never a credential, a preimage or another secret.
    public func looked(at name: @autoclosure () -> String, _ value: @autoclosure () -> String) {
        guard let explanation else { return }
        explanation.add(name(), value())
    }

    /// True when somebody asks: for what is not to be said in one call.
    public var isExplained: Bool { explanation != nil }
}
