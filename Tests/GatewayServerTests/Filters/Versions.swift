import Testing

/// Which versions of HTTP the two sides of a gateway speak.
struct Versions: Sendable, CustomTestStringConvertible {
    enum Version: String, CaseIterable, Sendable {
        case http1
        case http2
    }

    let front: Version
    let back: Version

    static let all = Version.allCases.flatMap { front in Version.allCases.map { Versions(front: front, back: $0) } }

    var testDescription: String { "\(front.rawValue) to \(back.rawValue)" }
}
