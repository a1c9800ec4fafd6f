internal import GatewayKit
internal import NIOCore

/// Paths as policies write them: `/v1/quotes`, `/v1/*` and `/v1/{name}/feed`. Compared with normalised paths.
struct PathPatterns: Sendable {
    private enum Segment: Sendable, Equatable {
        case exact([UInt8])
        /// `{name}`: any one segment that is not empty.
        case any
    }

    private struct Pattern: Sendable {
        let segments: [Segment]
        /// Ends with `/*`.
        let isPrefix: Bool
    }

    static let form = "a path such as /v1/feed, /v1/* or /v1/{name}/feed"

    private var patterns: [Pattern] = []

    /// - Returns: false for what is no such path.
    mutating func add(_ text: String) -> Bool {
        guard text.hasPrefix("/"), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "?") })
        else { return false }
        var parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let isPrefix = parts.last == "*"
        if isPrefix { parts.removeLast() }
        var segments = [Segment]()
        for part in parts {
            if part.hasPrefix("{"), part.hasSuffix("}"), part.count > 2 {
                segments.append(.any)
            } else if part.contains(where: { "*{}".contains($0) }) {
                return false
            } else {
                segments.append(.exact(Array(part.utf8)))
            }
        }
        patterns.append(Pattern(segments: segments, isPrefix: isPrefix))
        return true
    }

    var isEmpty: Bool { patterns.isEmpty }

    func contains(_ request: RequestHead) -> Bool {
        guard !patterns.isEmpty else { return false }
        let parts = request.pathBytes.readableBytesView.dropFirst()
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return patterns.contains { pattern in
            let count = pattern.segments.count
            guard pattern.isPrefix ? parts.count > count : parts.count == count else { return false }
            return zip(pattern.segments, parts).allSatisfy { segment, part in
                switch segment {
                case .exact(let bytes): part.elementsEqual(bytes)
                case .any: !part.isEmpty
                }
            }
        }
    }
}
