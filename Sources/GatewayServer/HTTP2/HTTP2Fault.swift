/// Why a connection cannot go on (RFC 9113 §5.4.1). The peer has been told in a GOAWAY.
package struct HTTP2Fault: Error, Hashable, Sendable {
    package let code: HTTP2ErrorCode
    package let detail: String

    init(_ code: HTTP2ErrorCode, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// True when the peer did what only an attacker does: worth counting.
    package var isAbuse: Bool { code == .enhanceYourCalm }
}
