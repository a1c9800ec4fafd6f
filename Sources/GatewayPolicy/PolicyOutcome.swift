package import GatewayKit

/// What became of a policy.
package enum PolicyOutcome: Sendable {
    case plan(Plan)
    /// At least one; sorted by file, line and column.
    case mistakes([PolicyMistake])
}

extension PolicyMistake {
    /// The line that a warning prints: `file:line:column: warning: message`.
    package var warningDescription: String { "\(place): warning: \(message)" }
}

extension [PolicyMistake] {
    func sortedByPlace() -> [PolicyMistake] {
        sorted {
            ($0.place.file, $0.place.line, $0.place.column, $0.message)
                < ($1.place.file, $1.place.line, $1.place.column, $1.message)
        }
    }
}
