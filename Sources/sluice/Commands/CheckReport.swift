internal import GatewayKit

/// What `sluice check --json` prints: one object.
struct CheckReport: Encodable {
    struct Finding: Encodable {
        let rule: String
        let file: String
        let line: Int
        let column: Int
        let message: String

        init(_ mistake: PolicyMistake) {
            rule = mistake.rule.rawValue
            file = mistake.place.file
            line = mistake.place.line
            column = mistake.place.column
            message = mistake.message
        }
    }

    let mistakes: [Finding]
    let warnings: [Finding]
    /// `nil` where there are mistakes.
    let routes: Int?

    init(mistakes: [PolicyMistake], warnings: [PolicyMistake], routes: Int?) {
        self.mistakes = mistakes.map(Finding.init)
        self.warnings = warnings.map(Finding.init)
        self.routes = routes
    }
}
