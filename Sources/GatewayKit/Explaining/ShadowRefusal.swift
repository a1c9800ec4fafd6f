package import HTTPTypes

/// What a stage in shadow would have refused.
package struct ShadowRefusal: Sendable {
    package let word: String
    package let status: HTTPResponse.Status
    package let reason: String?
}

extension Exchange {
    /// Of the stages in shadow that have seen it; the first is what would have been answered.
    package internal(set) var shadowRefusals: [ShadowRefusal] {
        get { self[ShadowRefusals.self]?.all ?? [] }
        set { self[ShadowRefusals.self] = ShadowRefusals(all: newValue) }
    }

    private struct ShadowRefusals {
        let all: [ShadowRefusal]
    }
}
