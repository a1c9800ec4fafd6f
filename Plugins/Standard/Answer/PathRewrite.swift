internal import GatewayKit

/// How the path that is forwarded is made from the request's. The query stays as it is.
enum PathRewrite {
    case whole(String)
    /// Both without a slash at the end; empty stands for the root. A path that is not below `from` stays as it is.
    case prefix(from: String, to: String)

    func target(from target: String) -> String {
        let path = target.prefix { $0 != "?" }
        let query = target[path.endIndex...]
        guard path.utf8.first == UInt8(ascii: "/") else { return target }
        switch self {
        case .whole(let whole):
            return whole + query
        case .prefix(let from, let to):
            guard path.utf8.starts(with: from.utf8) else { return target }
            let rest = path.utf8.dropFirst(from.utf8.count)
            guard rest.isEmpty || rest.first == UInt8(ascii: "/") else { return target }
            let rewritten = to + (Substring(rest))
            return (rewritten.isEmpty ? "/" : rewritten) + query
        }
    }
}

extension PathRewrite: CustomStringConvertible {
    var description: String {
        switch self {
        case .whole(let path): "rewrite \(path)"
        case .prefix(let from, let to) where to.isEmpty: "strip \(from)"
        case .prefix(let from, let to): "rewrite \(from.isEmpty ? "/" : from) to \(to)"
        }
    }
}
