internal import Crypto
package import GatewayKit
internal import HTTPTypes
package import NIOCore

/// What a price is kept by: everything that it may depend on, as a digest.
///
/// Beside the method, the host and the path these are the query and what the server is shown of the body, unless the policy
/// says otherwise: a price that is kept is none that another request would be cheaper by. Fields count where the policy
/// names them.
package struct PriceKey: Hashable, Sendable {
    private let digest: [UInt8]

    /// - Parameters:
    ///   - body: what the server would be shown of it.
    package init(of request: RequestHead, body: ByteBuffer, by terms: CacheTerms) {
        var hash = SHA256()
        Self.add(Array(request.method.rawValue.utf8), to: &hash)
        Self.add(request.authorityBytes.readableBytesView, to: &hash)
        Self.add(request.pathBytes.readableBytesView, to: &hash)
        if terms.countsQuery { Self.add(request.queryBytes.readableBytesView, to: &hash) }
        if terms.countsBody { Self.add(body.readableBytesView, to: &hash) }
        for name in terms.fields {
            let indices = Array(request.fields.indices(of: name))
            Self.add([UInt8(truncatingIfNeeded: indices.count)], to: &hash)
            for index in indices {
                Self.add(request.fields.valueBytes(at: index).readableBytesView, to: &hash)
            }
        }
        digest = Array(hash.finalize())
    }

    /// With its length before it, so that no part runs into the next.
    private static func add(_ part: some Collection<UInt8>, to hash: inout SHA256) {
        withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: Array(part))
    }
}
