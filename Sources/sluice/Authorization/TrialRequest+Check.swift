package import ExtAuthz
internal import GatewayKit
package import GatewayServer
internal import HTTPTypes
internal import NIOCore

extension TrialRequest {
    /// What a proxy tells of a request (Envoy, "AttributeContext"); `nil` where no client can have sent that.
    package init?(_ check: Envoy_Service_Auth_V3_CheckRequest) {
        let http = check.attributes.request.http
        let lines =
            http.hasHeaderMap
            ? http.headerMap.headers.map { header in
                (header.key, header.rawValue.isEmpty ? header.value : String(decoding: header.rawValue, as: UTF8.self))
            }
            : http.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let authority = http.host.isEmpty ? lines.first { $0.0 == ":authority" }?.1 ?? "" : http.host
        self.init(
            method: http.method,
            scheme: http.scheme,
            authority: authority,
            target: http.path,
            lines: lines,
            peer: check.peer
        )
        let body = http.rawBody.isEmpty ? ByteBuffer(string: http.body) : ByteBuffer(bytes: http.rawBody)
        // Set by Envoy where the body is longer than it sends ("BufferSettings").
        let isPartial = lines.contains { $0.0.lowercased() == "x-envoy-auth-partial-body" && $0.1 == "true" }
        take(body, isWhole: !isPartial, overHTTP1: http.protocol.hasPrefix("HTTP/1"))
    }
}

extension Envoy_Service_Auth_V3_CheckRequest {
    /// `nil`: a Unix socket, or nobody knows.
    fileprivate var peer: IPAddress? {
        guard case .socketAddress(let address)? = attributes.source.address.address else { return nil }
        return IPAddress(address.address)
    }
}
