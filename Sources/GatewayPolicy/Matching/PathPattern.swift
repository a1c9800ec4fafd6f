internal import GatewayKit

/// The paths that a route is for, in their normal form.
package enum PathPattern: Hashable, Sendable {
    /// What stands between two slashes.
    package enum Segment: Hashable, Sendable {
        /// Empty behind the last slash of a path that ends with one.
        case literal(String)
        /// `{name}`: anything but nothing.
        case parameter(String)
    }

    case any
    case exact([Segment])
    /// `/prefix/*`: everything that begins with these segments and a slash.
    case below([Segment])
    case regex(PathRegex)

    /// Reads `/v1/quotes`, `/v1/quotes/*` or `/v1/{name}/quotes`.
    init(parsing text: String, at place: Place) throws(PolicyMistake) {
        guard text.hasPrefix("/") else {
            throw PolicyMistake(place, "'path' should begin with '/', not be '\(text)'")
        }
        guard !text.contains("?") else {
            throw PolicyMistake(place, "'path' is matched without the query: '\(text.prefix { $0 != "?" })'")
        }
        var written = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isPrefix = written.last == "*"
        if isPrefix {
            written[written.count - 1] = ""
        }
        guard !written.contains(where: { $0.contains("*") }) else {
            throw PolicyMistake(place, "'*' stands for the rest of a path, alone and at its end: '/prefix/*'")
        }
        // Braces are no path characters: parameters go through the normalisation as a word that it leaves as it is.
        let parameters = try Self.parameters(of: written, at: place)
        let stand = written.indices.map { parameters[$0] == nil ? written[$0] : Self.placeholder($0) }
        let path = "/" + stand.joined(separator: "/")
        guard let normal = RequestPath.normalised(path) else {
            throw PolicyMistake(place, "'path' holds a character or an encoding that no request path has: '\(text)'")
        }
        guard normal == path else {
            let form = normal.split(separator: "/", omittingEmptySubsequences: false).map { part in
                parameters.first { Self.placeholder($0.key) == part }.map { "{\($0.value)}" } ?? String(part)
            }
            throw PolicyMistake(
                place,
                "'path' is compared with the normal form of a request's path; the normal form of '\(text)' is"
                    + " '\(form.joined(separator: "/"))\(isPrefix ? "*" : "")'"
            )
        }
        let segments = written.indices.map { parameters[$0].map(Segment.parameter) ?? .literal(written[$0]) }
        self = isPrefix ? .below(segments.dropLast()) : .exact(segments)
    }

    private static func parameters(of written: [String], at place: Place) throws(PolicyMistake) -> [Int: String] {
        var parameters = [Int: String]()
        for (index, segment) in written.enumerated() where segment.contains(where: { $0 == "{" || $0 == "}" }) {
            let name = segment.dropFirst().dropLast()
            guard segment.hasPrefix("{"), segment.hasSuffix("}"), PolicyName.isValid(String(name)) else {
                throw PolicyMistake(place, "'{name}' stands for a whole segment of a path, which '\(segment)' is not")
            }
            parameters[index] = String(name)
        }
        return parameters
    }

    /// Holds unreserved characters alone (RFC 3986 §2.3).
    private static func placeholder(_ index: Int) -> String { "~parameter~\(index)~" }
}

extension PathPattern: CustomStringConvertible {
    /// As a policy writes it; empty for every path.
    package var description: String {
        switch self {
        case .any: ""
        case .exact(let segments): "/" + segments.map(\.description).joined(separator: "/")
        case .below(let segments): "/" + segments.map { "\($0)/" }.joined() + "*"
        case .regex(let regex): regex.text
        }
    }
}

extension PathPattern.Segment: CustomStringConvertible {
    package var description: String {
        switch self {
        case .literal(let text): text
        case .parameter(let name): "{\(name)}"
        }
    }
}
