package import GatewayKit

/// What the ledger says of a payment that a charge was made with: the purpose of its claim (`Store.claim`).
///
/// ```
/// nothing ──take──> taken ──serve──> served
///    ^               │  │               │
///    └────release────┘  └─take over     └─release, by an attempt that gave nothing although it was marked
///                          by another
///                          attempt
/// ```
///
/// An answer goes out only after its attempt has moved the claim from its own `taken` to its own `served`. As each move is
/// from one text to another in one transaction, one attempt at the most succeeds, whatever clocks say and whoever takes
/// over from whom.
package enum ChargeEntry: Hashable, Sendable {
    /// An attempt serves it. Another process may take over after `until`, because then this one has died or hangs.
    case taken(by: ChargeAttempt, until: WallTime)
    /// An answer went out, or may have; `nil`: by a gateway that did not name its attempts.
    case served(by: ChargeAttempt?)
    /// It bought something else.
    case foreign

    /// What an attempt may do that finds the payment claimed.
    package enum Step: Hashable, Sendable {
        case takeOver
        /// Whoever has it may still be serving it.
        case wait(until: WallTime)
        case refuse
    }

    /// Begins every purpose of a charge, and is the whole of one that was served before attempts had names.
    package static let word = "mpp/charge"

    package init(purpose: String) {
        let words = purpose.split(separator: " ", omittingEmptySubsequences: false)
        if words == [Substring(Self.word)] {
            self = .served(by: nil)
        } else if words.count == 3, words[0] == Self.word, words[1] == "served", let attempt = ChargeAttempt(words[2]) {
            self = .served(by: attempt)
        } else if words.count == 4, words[0] == Self.word, words[1] == "taken", let attempt = ChargeAttempt(words[2]),
            let end = Int64(words[3])
        {
            self = .taken(by: attempt, until: WallTime(milliseconds: end))
        } else {
            // Also a state of charges that a newer version knows: then it is not for this one to use.
            self = .foreign
        }
    }

    /// The claim's purpose; `nil` for what is not a charge's.
    package var purpose: String? {
        switch self {
        case .taken(let attempt, let until): "\(Self.word) taken \(attempt) \(until.milliseconds)"
        case .served(.some(let attempt)): "\(Self.word) served \(attempt)"
        case .served(.none): Self.word
        case .foreign: nil
        }
    }

    package var attempt: ChargeAttempt? {
        switch self {
        case .taken(let attempt, _): attempt
        case .served(let attempt): attempt
        case .foreign: nil
        }
    }

    package func step(at now: WallTime, knowing knowledge: (ChargeAttempt) -> ChargeAttempts.Knowledge) -> Step {
        switch self {
        case .taken(let attempt, let until):
            switch knowledge(attempt) {
            // The loser of a race: the payment is being used.
            case .goesOn: .refuse
            case .gaveNothing, .ended: .takeOver
            case .elsewhere: until <= now ? .takeOver : .wait(until: until)
            }
        case .served(.some(let attempt)):
            knowledge(attempt) == .gaveNothing ? .takeOver : .refuse
        case .served(.none), .foreign:
            .refuse
        }
    }
}
