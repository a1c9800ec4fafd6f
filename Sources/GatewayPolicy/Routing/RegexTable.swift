internal import GatewayKit
internal import HTTPTypes

/// The routes of one host that are told by regular expressions. Only those are tried whose folder the path is in.
struct RegexTable: Sendable {
    private static let slash = UInt8(ascii: "/")
    /// In the order of the policy, each expression once: the first that matches counts.
    private var routes: [(regex: PathRegex, endpoints: Endpoints)] = []
    /// By the text of the expression.
    private var indices: [String: Int] = [:]
    private var folders = ByteTable()
    private var longestFolder = 0
    /// For each folder the indices of its routes.
    private var members: [[Int]] = []

    var isEmpty: Bool { routes.isEmpty }

    mutating func add(_ route: Int, at regex: PathRegex, _ match: RouteMatch) {
        if let index = indices[regex.text] {
            routes[index].endpoints.add(route, match)
            return
        }
        let folder = regex.folder
        if let index = folders.value(folder) {
            members[index].append(routes.count)
        } else {
            folders.insert(members.count, key: folder)
            members.append([routes.count])
            longestFolder = max(longestFolder, folder.count)
        }
        var endpoints = Endpoints()
        endpoints.add(route, match)
        indices[regex.text] = routes.count
        routes.append((regex, endpoints))
    }

    /// - Parameter path: that of the request.
    func route(for path: UnsafeRawBufferPointer, of request: RequestHead, as method: HTTPRequest.Method) -> Int? {
        var candidates: [Int] = []
        for end in 0...min(path.count, longestFolder) where end == 0 || path[end - 1] == Self.slash {
            guard let index = folders.value(path, in: 0..<end) else { continue }
            candidates += members[index]
        }
        guard !candidates.isEmpty else { return nil }
        candidates.sort()
        let text = request.path
        for index in candidates {
            let (regex, endpoints) = routes[index]
            if let route = endpoints.route(for: request, as: method), regex.matches(text) { return route }
        }
        return nil
    }
}
