internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Finds the most specific route for a request: by host, then path, then method.
///
/// Takes as long as the host and the path are, not as there are routes, but for regular expressions: those of the path's
/// folders are tried one after the other. Allocates nothing unless there are any. See Tests/Benchmarks, `--only routes`.
/// Immutable; used from every event loop at once.
struct RouteTable: Sendable {
    /// The routes of one host pattern.
    private struct Host {
        let root: Int
        var regexes = RegexTable()
        var everyPath = Endpoints()
    }

    private var trie = SegmentTrie()
    private var hosts: [Host] = []
    private var exactHosts = ByteTable(ignoringCase: true)
    /// By the name with its leading dot: `.example.com`.
    private var wildcardHosts = ByteTable(ignoringCase: true)
    /// The lengths of the keys of `wildcardHosts`: only these are looked up.
    private var wildcardLengths: [Bool] = []
    private var anyHost: Int?

    /// The index of a match is the number of its route.
    init(_ matches: [RouteMatch]) {
        for (route, match) in matches.enumerated() {
            add(route, match)
        }
    }

    /// The number of the route for a request as if it had this method; `nil` when none matches, `Endpoints.undecided` when
    /// it cannot be told which.
    func route(for request: RequestHead, as method: HTTPRequest.Method) -> Int? {
        request.authorityBytes.withUnsafeReadableBytes { authority in
            request.pathBytes.withUnsafeReadableBytes { path in
                route(host: Self.host(of: authority), of: authority, path, request, method)
            }
        }
    }

    private func route(
        host: Range<Int>,
        of authority: UnsafeRawBufferPointer,
        _ path: UnsafeRawBufferPointer,
        _ request: RequestHead,
        _ method: HTTPRequest.Method
    ) -> Int? {
        if exactHosts.count > 0, let index = exactHosts.value(authority, in: host),
            let route = route(in: hosts[index], path, request, method)
        {
            return route
        }
        if wildcardHosts.count > 0 {
            // From the left: the longest name first. The first byte belongs to the label that the star stands for.
            var start = host.lowerBound + 1
            while start < host.upperBound {
                let length = host.upperBound - start
                if authority[start] == UInt8(ascii: "."), length < wildcardLengths.count, wildcardLengths[length],
                    let index = wildcardHosts.value(authority, in: start..<host.upperBound),
                    let route = route(in: hosts[index], path, request, method)
                {
                    return route
                }
                start += 1
            }
        }
        return anyHost.flatMap { route(in: hosts[$0], path, request, method) }
    }

    private func route(
        in host: Host,
        _ path: UnsafeRawBufferPointer,
        _ request: RequestHead,
        _ method: HTTPRequest.Method
    ) -> Int? {
        var prefix = SegmentTrie.Prefix()
        if let route = trie.route(for: path, root: host.root, request, as: method, prefix: &prefix) {
            return route
        }
        if !host.regexes.isEmpty,
            let route = host.regexes.route(for: path, of: request, as: method)
        {
            return route
        }
        return prefix.route ?? host.everyPath.route(for: request, as: method)
    }

    /// The host in an authority: without the port, the brackets of an IPv6 address, and the dot that may end a name
    /// (RFC 3986 §3.2.2).
    private static func host(of authority: UnsafeRawBufferPointer) -> Range<Int> {
        if authority.count > 0, authority[0] == UInt8(ascii: "[") {
            return 1..<end(of: authority, at: UInt8(ascii: "]"), from: 1)
        }
        var end = end(of: authority, at: UInt8(ascii: ":"), from: 0)
        if end > 0, authority[end - 1] == UInt8(ascii: ".") {
            end -= 1
        }
        return 0..<end
    }

    /// Where a byte stands, or the end. The collection's own search allocates where it is not specialised.
    private static func end(of bytes: UnsafeRawBufferPointer, at byte: UInt8, from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != byte {
            index += 1
        }
        return index
    }

    // MARK: Making

    private mutating func add(_ route: Int, _ match: RouteMatch) {
        let host = index(of: match.host)
        let root = hosts[host].root
        switch match.path {
        case .any:
            hosts[host].everyPath.add(route, match)
        case .exact(let segments):
            trie.add(route, at: segments, root: root, match)
        case .below(let segments):
            trie.add(route, below: segments, root: root, match)
        case .regex(let regex):
            hosts[host].regexes.add(route, at: regex, match)
        }
    }

    private mutating func index(of host: HostPattern) -> Int {
        switch host {
        case .any:
            let index = anyHost ?? addHost()
            anyHost = index
            return index
        case .exact(let name):
            let key = Array(name.utf8)
            if let index = exactHosts.value(key) { return index }
            let index = addHost()
            exactHosts.insert(index, key: key)
            return index
        case .below(let name):
            let key = Array(".\(name)".utf8)
            if let index = wildcardHosts.value(key) { return index }
            let index = addHost()
            wildcardHosts.insert(index, key: key)
            while wildcardLengths.count <= key.count {
                wildcardLengths.append(false)
            }
            wildcardLengths[key.count] = true
            return index
        }
    }

    private mutating func addHost() -> Int {
        hosts.append(Host(root: trie.addRoot()))
        return hosts.count - 1
    }
}
