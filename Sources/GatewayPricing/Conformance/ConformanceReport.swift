/// What a price server was found to do.
package struct ConformanceReport: Hashable, Sendable {
    package private(set) var findings: [ConformanceFinding] = []

    package init() {}

    package var isGood: Bool { !findings.contains { $0.isBroken } }

    mutating func add(_ method: String, _ rule: String, _ outcome: ConformanceFinding.Outcome) {
        findings.append(ConformanceFinding(method: method, rule: rule, outcome: outcome))
    }

    /// The rules that are broken.
    package var broken: [String] { findings.filter(\.isBroken).map { "\($0.method) \($0.rule)" } }

    /// A line for each rule, and what was expected and what came where they differ.
    package var text: String {
        var lines = [String]()
        for finding in findings {
            let name = "\(finding.method) \(finding.rule)"
            switch finding.outcome {
            case .holds: lines.append("pass    \(name)")
            case .absent: lines.append("absent  \(name)")
            case .skipped: lines.append("skip    \(name)")
            case .advised(let expected, let found):
                lines += ["advice  \(name)", "        better: \(expected)", "        came: \(found)"]
            case .broken(let expected, let found):
                lines += ["FAIL    \(name)", "        expected: \(expected)", "        came: \(found)"]
            }
        }
        let count = findings.count { $0.isBroken }
        let rest = findings.count { $0.outcome == .absent || $0.outcome == .skipped }
        lines.append("\(findings.count - rest) rules looked at, \(count) broken, \(rest) of what is not there")
        return lines.joined(separator: "\n")
    }

    /// The same for programs.
    package struct Document: Encodable, Sendable {
        package struct Rule: Encodable, Sendable {
            let method: String
            let rule: String
            let outcome: String
            let expected: String?
            let found: String?
        }

        let rules: [Rule]
        let passed: Bool
    }

    package var document: Document {
        let rules = findings.map { finding in
            let (outcome, expected, found): (String, String?, String?) =
                switch finding.outcome {
                case .holds: ("pass", nil, nil)
                case .absent: ("absent", nil, nil)
                case .skipped: ("skip", nil, nil)
                case .advised(let expected, let found): ("advice", expected, found)
                case .broken(let expected, let found): ("fail", expected, found)
                }
            return Document.Rule(
                method: finding.method,
                rule: finding.rule,
                outcome: outcome,
                expected: expected,
                found: found
            )
        }
        return Document(rules: rules, passed: isGood)
    }
}
