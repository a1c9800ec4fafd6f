internal import GatewayKit

/// Other spellings of a path that the gateway keeps apart, and that services often take for the same.
///
/// `//`, dot segments and encodings of unreserved characters are not among them: the gateway matches and forwards one form of those.
enum PathSpelling: String, CaseIterable {
    case slashAtEnd = "a slash at the end or none"
    case letters = "another case of letters"
    case encodedSlash = "an encoded slash"
    case encodedCharacter = "an encoded character"
    case parameter = "a path parameter"

    /// All of them, in their normal form, without the path itself.
    static func all(of path: String) -> [(spelling: PathSpelling, path: String)] {
        var all = [(spelling: PathSpelling, path: String)]()
        for spelling in allCases {
            for text in spelling.texts(of: path) {
                guard let normal = RequestPath.normalised(text), normal != path,
                    !all.contains(where: { $0.path == normal })
                else { continue }
                all.append((spelling, normal))
            }
        }
        return all
    }

    private func texts(of path: String) -> [String] {
        switch self {
        case .slashAtEnd:
            return [path.hasSuffix("/") ? String(path.dropLast()) : path + "/"]
        case .letters:
            return [path.uppercased(), path.lowercased()].filter { !$0.contains("%") }
        case .encodedSlash:
            let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count > 1 else { return [] }
            let head = parts.dropLast().joined(separator: "/")
            return [
                "/" + parts.joined(separator: "%2F"), "/\(head)%2F\(parts[parts.count - 1])",
                "/\(parts[0])%2F" + parts.dropFirst().joined(separator: "/"),
            ]
        case .encodedCharacter:
            return path.unicodeScalars.indices.prefix(256).compactMap { index in
                let scalar = path.unicodeScalars[index]
                guard "!$&'()*+,;=:@".unicodeScalars.contains(scalar) else { return nil }
                let code = String(scalar.value, radix: 16, uppercase: true)
                return path[..<index] + "%\(code)" + path[path.unicodeScalars.index(after: index)...]
            }.prefix(1).map { String($0) }
        case .parameter:
            return [path + ";v=1"]
        }
    }
}
