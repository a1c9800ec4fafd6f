package import GatewayKit
internal import HTTPTypes
package import NIOCore

/// A request as HTTP/1.1 writes it, for price servers, which read it as text: whatever version it came by.
///
/// In the form that servers written for Aperture know, which is Go's `httputil.DumpRequest`: the request line, `Host`, the
/// other fields in the order of their names, those with capitals (`Content-Type`), an empty line, and the first bytes of
/// the body. What is no UTF-8 is replaced: the text travels as a string of protobuf, which must be that.
///
/// Fields that are kept from the upstream are left out: no credential that pays leaves the gateway.
package enum RequestText {
    /// Framing that is not that of the text, and the field that stands first.
    private static let leftOut: Set<String> = ["host", "transfer-encoding", "trailer"]

    /// - Parameters:
    ///   - edits: what stages have changed before.
    ///   - body: the beginning of the body.
    package static func text(of request: RequestHead, edits: RequestEdits, body: ByteBuffer) -> String {
        var bytes = [UInt8]()
        bytes.append(contentsOf: "\(request.method.rawValue) \(request.target) HTTP/1.1\r\n".utf8)
        bytes.append(contentsOf: "Host: \(request.authority)\r\n".utf8)
        let fields = request.fields
        let lines = fields.lines.indices.filter { !edits.isRemoved(line: $0) }
            .map { (index: $0, name: fields.name(at: $0).lowercased()) }
            .filter { !leftOut.contains($0.name) }
            // Lines of one name keep their order.
            .sorted { ($0.name, $0.index) < ($1.name, $1.index) }
        for (index, name) in lines {
            bytes.append(contentsOf: capitalised(name).utf8)
            bytes.append(contentsOf: ": ".utf8)
            fields.withValue(at: index) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: "\r\n".utf8)
        }
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: whole(body.readableBytesView))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The path without the query, percent-decoded: `/a b` for `/a%20b`.
    package static func path(of request: RequestHead) -> String { path(request.pathBytes.readableBytesView) }

    /// The same for a path in its normal form.
    package static func path(_ bytes: some Collection<UInt8>) -> String {
        var decoded = [UInt8]()
        var rest = Array(bytes)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let high = ASCII.hexValue(rest[rest.startIndex]),
                let low = ASCII.hexValue(rest[rest.startIndex + 1])
            {
                decoded.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// `Content-Type` for `content-type`.
    private static func capitalised(_ name: String) -> String {
        name.split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined(separator: "-")
    }

    /// Without the beginning of a character whose end the bound has cut off.
    private static func whole(_ body: ByteBufferView) -> ByteBufferView {
        // The last byte that begins a character stands among the last four.
        for count in 1...4 where body.count >= count {
            let byte = body[body.endIndex - count]
            let length =
                switch byte {
                case 0xC2...0xDF: 2
                case 0xE0...0xEF: 3
                case 0xF0...0xF4: 4
                default: 1
                }
            if byte & 0xC0 != 0x80 { return length > count ? body.dropLast(count) : body }
        }
        return body
    }
}
