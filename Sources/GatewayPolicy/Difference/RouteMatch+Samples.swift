internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

extension RouteMatch {
    /// Its samples stand for all of its requests: host, path and method decide alone, and every path is like another.
    var isToldBySamples: Bool {
        if case .regex = path { return false }
        return call == nil && when == nil
    }

    /// Requests that it is for: one for each of its methods and each way that its path can go on; of a regular expression
    /// those that it matches of what is made up from it, which may be none. What else it asks for is not fulfilled.
    func samples() -> [RequestHead] {
        let methods = methods.isEmpty ? [HTTPRequest.Method.get, .post] : methods
        return methods.flatMap { method in
            path.samples.map { path in
                RequestHead(
                    method: method,
                    version: .http1_1,
                    authorityBytes: ByteBuffer(string: host.sample),
                    pathBytes: ByteBuffer(string: path),
                    queryBytes: ByteBuffer(),
                    fields: Fields(),
                    body: .none
                )
            }
        }
    }
}

extension HostPattern {
    /// A host that it is for. For any host it is one that no policy names.
    fileprivate var sample: String {
        switch self {
        case .any: "sample.invalid"
        case .exact(let name): name
        case .below(let name): "sample.\(name)"
        }
    }
}

extension PathPattern {
    fileprivate var samples: [String] {
        switch self {
        case .any: ["/", "/sample"]
        case .exact(let segments): [Self.path(segments)]
        case .below(let segments): ["", "sample", "sample/sample"].map { Self.path(segments + [.literal($0)]) }
        case .regex: PathSample.paths(of: self)
        }
    }

    private static func path(_ segments: [Segment]) -> String {
        segments.map { segment in
            switch segment {
            case .literal(let text): "/\(text)"
            case .parameter: "/sample"
            }
        }.joined()
    }
}
