package import HTTPTypes

/// What one stage did with an exchange.
package struct ExplainedStep: Sendable {
    package enum Verdict: Sendable, Hashable {
        /// It has not decided yet.
        case pending
        case next
        /// With the detail of the problem, where there is one.
        case replied(HTTPResponse.Status, String?)
        case forwarded(String)
        /// It threw, and this was answered.
        case failed(HTTPResponse.Status, String?)
    }

    package struct Input: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    /// Of the stage in its route.
    package let index: Int
    /// `nil` for what the gateway puts in itself.
    package let word: String?
    package let isShadow: Bool
    package internal(set) var place: Place?
    package internal(set) var verdict = Verdict.pending
    package internal(set) var inputs: [Input] = []
    /// What later stages know from it, in a few words: `recognised an l402 credential`.
    package internal(set) var learned: [String] = []
    /// Why it rejected what was presented: the word of the reason, and a sentence.
    package internal(set) var rejection: String?
    package internal(set) var duration = Duration.zero

    /// True when it ended the pipeline, or refused what was presented.
    package var hasDecided: Bool {
        switch verdict {
        case .pending, .next: rejection != nil
        case .replied, .forwarded, .failed: true
        }
    }

    /// The sentence that goes with its answer.
    package var detail: String? {
        switch verdict {
        case .replied(_, let detail), .failed(_, let detail): detail
        case .pending, .next, .forwarded: rejection
        }
    }

    init(index: Int, word: String?, isShadow: Bool) {
        self.index = index
        self.word = word
        self.isShadow = isShadow
    }
}
