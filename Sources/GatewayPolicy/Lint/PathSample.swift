/// Paths that a pattern is for, to ask the routes where they lead.
enum PathSample {
    /// No route has it by chance.
    private static let segment = "anything"

    static func paths(of pattern: PathPattern) -> [String] {
        switch pattern {
        case .any: ["/\(segment)", "/\(segment)/below"]
        case .exact(let segments): [path(of: segments)]
        case .below(let segments): ["/\(segment)", "/\(segment)/below"].map { prefix(of: segments) + $0 }
        case .regex(let regex): RegexSample.texts(of: regex.text).filter { $0.hasPrefix("/") && regex.matches($0) }
        }
    }

    /// What the paths of a pattern begin with, without a slash at the end; `nil` when they need not go on.
    static func prefix(of pattern: PathPattern) -> String? {
        switch pattern {
        case .any: ""
        case .below(let segments): prefix(of: segments)
        case .exact, .regex: nil
        }
    }

    private static func prefix(of segments: [PathPattern.Segment]) -> String {
        segments.isEmpty ? "" : path(of: segments)
    }

    private static func path(of segments: [PathPattern.Segment]) -> String {
        "/"
            + segments.map { part in
                switch part {
                case .literal(let text): text
                case .parameter: segment
                }
            }.joined(separator: "/")
    }
}
