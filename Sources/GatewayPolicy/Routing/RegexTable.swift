internal import GatewayKit
internal import HTTPTypes

/// The routes of one host that are told by regular expressions. Only those are tried whose folder the path is in.
struct RegexTable: Sendable {
    private static let slash = UInt8(ascii: "/")
    /// In the order of the policy: the first that matches counts.
    private var routes: [(regex: PathRegex, endpoints: Endpoints)] = []
    private var folders = ByteTable()
    private var longestFolder = 0
    /// For each folder the indices of its routes.
    private var members: [[Int]] = []

    var isEmpty: Bool { routes.isEmpty }

    mutating func add(_ route: Int, at regex: PathRegex, methods: [HTTPRequest.Method]) {
        let folder = regex.folder
        if let index = folders.value(folder) {
            members[index].append(routes.count)
        } else {
            folders.insert(members.count, key: folder)
            members.append([routes.count])
            longestFolder = max(longestFolder, folder.count)
        }
        var endpoints = Endpoints()
        endpoints.add(route, methods: methods)
        routes.append((regex, endpoints))
    }

    /// - Parameter text: the same path, made only when there is something to compare it with.
    func route(for path: UnsafeRawBufferPointer, text: () -> String, method: HTTPRequest.Method) -> Int? {
        var candidates: [Int] = []
        for end in 0...min(path.count, longestFolder) where end == 0 || path[end - 1] == Self.slash {
            guard let index = folders.value(path, in: 0..<end) else { continue }
            candidates += members[index]
        }
        guard !candidates.isEmpty else { return nil }
        candidates.sort()
        let text = text()
        for index in candidates {
            let (regex, endpoints) = routes[index]
            if let route = endpoints.route(for: method), regex.matches(text) { return route }
        }
        return nil
    }
}
