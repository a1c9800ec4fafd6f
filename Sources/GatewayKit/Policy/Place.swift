/// Where something stands in a policy file.
public struct Place: Hashable, Sendable, CustomStringConvertible {
    public let file: String
    /// From 1.
    public let line: Int
    /// From 1.
    public let column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `policies/quickstart.yaml:12:5`, as compilers write it.
    public var description: String { "\(file):\(line):\(column)" }
}

/// One mistake in a policy: where it is, what was expected, and where there is one a guess.
public struct PolicyMistake: Error, Hashable, Sendable, CustomStringConvertible {
    public let place: Place
    public let message: String
    /// What was not kept.
    public let rule: PolicyRule

    public init(_ place: Place, _ message: String, rule: PolicyRule = .setting) {
        self.place = place
        self.message = message
        self.rule = rule
    }

    public var description: String { "\(place): error: \(message)" }
}

/// Collects the mistakes of one run, so that all of them are told at once. Used by one task.
public final class PolicyMistakes {
    public private(set) var all: [PolicyMistake] = []
    /// Is told what the readers are asked for, where somebody wants to know.
    package weak var witness: (any SettingsWitness)?

    public init() {}

    public func note(_ mistake: PolicyMistake) {
        if !all.contains(mistake) {
            all.append(mistake)
        }
    }

    public func note(_ error: any Error, at place: Place, rule: PolicyRule = .setting) {
        note(error as? PolicyMistake ?? PolicyMistake(place, "\(error)", rule: rule))
    }
}
