package import GatewayPolicy

/// An explanation for people.
package struct ExplanationTable {
    private let document: ExplanationDocument

    package init(_ document: ExplanationDocument) {
        self.document = document
    }

    /// No line end at the end.
    package func text() -> String {
        (heading + [""] + stages + [""] + ending).map(\.printable).joined(separator: "\n")
    }

    private var heading: [String] {
        var lines = ["decision   \(document.id)"]
        if let method = document.method, let path = document.path { lines.append("request    \(method) \(path)") }
        if let time = document.time { lines.append("time       \(time)") }
        guard let route = document.route else {
            lines.append("route      none matches")
            return lines
        }
        let match = [document.matched, document.place].compactMap(\.self).joined(separator: ", ")
        lines.append("route      \(route)\(match.isEmpty ? "" : "  (\(match))")")
        if let others = document.passedOver {
            lines.append(others.isEmpty ? "           the only one that matches" : "           wins over")
            lines += others.map { "             \($0)" }
        }
        return lines
    }

    private var stages: [String] {
        guard !document.stages.isEmpty else { return ["no stage was asked"] }
        let words = document.stages.map { $0.shadow == true ? "\($0.word) (shadow)" : $0.word }
        let wordWidth = words.map(\.count).max() ?? 0
        let verdicts = document.stages.map(Self.verdict)
        let verdictWidth = verdicts.map(\.count).max() ?? 0
        var lines = [String]()
        for (index, stage) in document.stages.enumerated() {
            let time = document.isTraced == false ? "" : "  \(stage.microseconds) us"
            lines.append(
                "\(padded(words[index], to: wordWidth))  \(padded(verdicts[index], to: verdictWidth))"
                    + "  \(stage.place ?? "")\(time)"
            )
            let indent = String(repeating: " ", count: wordWidth + 2)
            lines += stage.inputs.map { "\(indent)\($0.name): \($0.value)" }
            lines += stage.learned.map { "\(indent)=> \($0)" }
            if let detail = stage.detail { lines.append("\(indent)=> \(detail)") }
        }
        if document.isTraced == false {
            lines.append("(not traced: what the stages looked at is known for requests with the trace token alone)")
        }
        return lines
    }

    private var ending: [String] {
        var lines = [String]()
        if let forwarded = document.forwarded { lines.append("forwarded  \(forwarded)") }
        let answer = document.answer ?? document.status.map { "\($0)" }
        lines.append("answer     \(answer ?? "none: the connection ended")")
        return lines
    }

    private static func verdict(_ stage: ExplanationDocument.Stage) -> String {
        switch stage.verdict {
        case "reply", "error": "\(stage.verdict) \(stage.status.map { "\($0)" } ?? "")"
        case "forward": "forward to \(stage.upstream ?? "?")"
        default: stage.verdict
        }
    }

    private func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
