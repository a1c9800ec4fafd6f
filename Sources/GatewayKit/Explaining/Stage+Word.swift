extension Stage {
    /// The stage of the policy that this is, or has in shadow; `nil` for what the gateway puts in itself.
    package var plugin: (any StagePlugin)? {
        self as? any StagePlugin ?? (self as? ShadowedStage)?.stage
    }

    /// How a policy names it.
    package var word: String? { plugin.map { type(of: $0).word } }
}
