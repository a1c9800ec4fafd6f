internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// The target of a request in any of its forms (RFC 9112 §3.2), taken apart.
struct RequestTarget {
    let path: ByteBuffer
    let query: ByteBuffer
    /// Only the absolute form has one.
    private let authority: ByteBuffer?

    /// - Parameter isOriginOnly: HTTP/2 has no absolute form: the authority stands in a field of its own.
    init(
        _ wire: ByteBuffer,
        _ range: Range<Int>,
        method: HTTPRequest.Method,
        isOriginOnly: Bool = false
    ) throws(MessageFault) {
        guard method != .connect else { throw MessageFault(.notImplemented, "CONNECT is not supported here") }
        guard method != .trace else { throw MessageFault(.methodNotAllowed, "TRACE is not allowed here") }
        guard let target = wire.getSlice(at: range.lowerBound, length: range.count) else {
            throw MessageFault(.badRequest, "the request target is missing")
        }
        let origin: ByteBuffer
        let first = target.getInteger(at: target.readerIndex, as: UInt8.self)
        if first == UInt8(ascii: "/") {
            authority = nil
            origin = target
        } else if first == UInt8(ascii: "*"), target.readableBytes == 1 {
            guard method == .options else { throw MessageFault(.badRequest, "the target * is for OPTIONS") }
            authority = nil
            path = target
            query = ByteBuffer()
            return
        } else {
            guard !isOriginOnly else { throw MessageFault(.badRequest, "the path does not begin with /") }
            (authority, origin) = try Self.absolute(target)
        }
        guard let length = origin.withUnsafeReadableBytes(Self.pathLength) else {
            throw MessageFault(.badRequest, "the target has a fragment")
        }
        guard let written = origin.getSlice(at: origin.readerIndex, length: length),
            let path = RequestPath.normalised(written)
        else { throw MessageFault(.badRequest, "the path has a character or an encoding that it may not have") }
        self.path = path
        query = origin.getSlice(at: origin.readerIndex + length, length: origin.readableBytes - length) ?? ByteBuffer()
    }

    /// Up to the `?`; `nil` where there is a fragment.
    private static func pathLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var length = bytes.count
        for index in 0..<bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "#"): return nil
            case UInt8(ascii: "?") where length == bytes.count: length = index
            default: break
            }
        }
        return length
    }

    /// `http://host/path?query`, which a server must accept although only proxies are sent it.
    private static func absolute(_ target: ByteBuffer) throws(MessageFault) -> (
        authority: ByteBuffer, origin: ByteBuffer
    ) {
        let bytes = target.readableBytesView
        let schemes = [Array("http://".utf8), Array("https://".utf8)]
        let scheme = schemes.first { scheme in
            bytes.count >= scheme.count && zip(bytes, scheme).allSatisfy { ASCII.lowercased($0) == $1 }
        }
        guard let scheme else {
            throw MessageFault(.badRequest, "the target is neither a path nor an http URL")
        }
        let start = bytes.startIndex + scheme.count
        let end = bytes[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? bytes.endIndex
        guard let authority = target.getSlice(at: start, length: end - start) else {
            throw MessageFault(.badRequest, "the target has no host")
        }
        var origin = ByteBuffer()
        if end == bytes.endIndex || bytes[end] != UInt8(ascii: "/") {
            origin.writeInteger(UInt8(ascii: "/"))
        }
        origin.writeBytes(bytes[end...])
        return (authority, origin)
    }

    /// The authority that the request is for, in lower case: the target's, which the `Host` field must agree with, or
    /// the `Host` field's, which must be there once (RFC 9112 §3.2, RFC 9110 §7.2).
    ///
    /// - Parameter given: what `:authority` says; the target's own where it has one.
    func authority(
        given: ByteBuffer? = nil,
        agreeingWith fields: Fields,
        version: RequestHead.Version
    ) throws(MessageFault) -> ByteBuffer {
        var host: ByteBuffer?
        for index in fields.lines.indices where fields.lines[index].known == .host {
            guard host == nil else { throw MessageFault(.badRequest, "there is more than one Host") }
            host = try Self.lowercased(fields.valueBytes(at: index))
        }
        if let authority = given ?? authority {
            let named = try Self.lowercased(authority)
            if let host, host != named { throw MessageFault(.badRequest, "the Host is not that of the target") }
            return named
        }
        if let host { return host }
        guard version == .http1_0 else { throw MessageFault(.badRequest, "the Host is missing") }
        return ByteBuffer()
    }

    /// Checks `host [ ":" port ]` and copies only where there is something to change. No user information.
    private static func lowercased(_ authority: ByteBuffer) throws(MessageFault) -> ByteBuffer {
        var needsCopy = false
        var isValid = authority.readableBytes > 0
        authority.withUnsafeReadableBytes { bytes in
            for byte in bytes {
                switch byte {
                case 0x41...0x5A: needsCopy = true
                case 0x61...0x7A, 0x30...0x39, 0x2D, 0x2E, 0x3A, 0x5B, 0x5D, 0x5F, 0x7E: break
                default: isValid = false
                }
            }
        }
        guard isValid else {
            throw MessageFault(.badRequest, "the host is empty or has a character that it may not have")
        }
        return needsCopy ? ByteBuffer(bytes: authority.readableBytesView.map(ASCII.lowercased)) : authority
    }
}
