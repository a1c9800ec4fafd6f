internal import GatewayKit
internal import HTTPTypes

/// The framing fields of a head (RFC 9112 §6.3), read so that no two readers can disagree.
struct MessageFraming {
    /// `nil`: no `Content-Length`.
    private(set) var length: UInt64?
    private(set) var isChunked = false

    /// - Throws: for more than one length, a length that is not plain digits, a length beside a transfer coding, and
    ///   any transfer coding but `chunked` alone.
    init(of fields: Fields) throws(MessageFault) {
        for index in fields.lines.indices {
            switch fields.lines[index].known {
            case .contentLength:
                guard length == nil else { throw MessageFault(.badRequest, "there is more than one Content-Length") }
                guard let value = fields.withValue(at: index, Self.decimal) else {
                    throw MessageFault(.badRequest, "the Content-Length is not a number")
                }
                length = value
            case .transferEncoding:
                guard !isChunked else { throw MessageFault(.badRequest, "there is more than one Transfer-Encoding") }
                let chunked = Array("chunked".utf8)
                guard fields.withValue(at: index, { ASCII.equalIgnoringCase($0, chunked) }) else {
                    throw MessageFault(.notImplemented, "the only transfer coding understood here is chunked")
                }
                isChunked = true
            default: break
            }
        }
        guard length == nil || !isChunked else {
            throw MessageFault(.badRequest, "there is a Content-Length beside a Transfer-Encoding")
        }
    }

    /// Up to 18 digits and nothing else.
    private static func decimal(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        guard (1...18).contains(bytes.count) else { return nil }
        var value: UInt64 = 0
        for byte in bytes {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + UInt64(byte - 0x30)
        }
        return value
    }
}
