internal import GatewayKit
internal import NIOCore

/// Where the fields of a head are written: as lines of text for HTTP/1, as a header block for HTTP/2.
protocol HeadLines {
    /// A field of a message that came over the wire, or that was added since.
    mutating func write(_ index: Int, of fields: Fields)
    mutating func write(_ name: FieldName, _ value: String)
    /// True for fields that this form of a head has no use for.
    func omits(_ known: KnownField) -> Bool
    /// A field whose value `compose` appends.
    mutating func write(_ known: KnownField, _ compose: (inout ByteBuffer) -> Void)
}

/// `name: value` and the line end (RFC 9112 §5).
struct HTTP1Lines: HeadLines {
    var buffer: ByteBuffer

    func omits(_ known: KnownField) -> Bool { false }

    mutating func write(_ index: Int, of fields: Fields) {
        fields.write(at: index, into: &buffer)
    }

    mutating func write(_ name: FieldName, _ value: String) {
        buffer.writeField(name, value)
    }

    mutating func write(_ known: KnownField, _ compose: (inout ByteBuffer) -> Void) {
        buffer.writeString(known.name)
        buffer.writeStaticString(": ")
        compose(&buffer)
        buffer.writeStaticString("\r\n")
    }
}

/// Fields of a header block (RFC 7541 §6).
struct HTTP2Lines: HeadLines {
    var block: ByteBuffer
    var isWebSocket = false

    /// The key is for the upgrade of HTTP/1.1 (RFC 8441 §5).
    func omits(_ known: KnownField) -> Bool { isWebSocket && known == .secWebSocketKey }

    mutating func write(_ index: Int, of fields: Fields) {
        HPACKWriter.write(at: index, of: fields, into: &block)
    }

    mutating func write(_ name: FieldName, _ value: String) {
        HPACKWriter.write(name, value, into: &block)
    }

    mutating func write(_ known: KnownField, _ compose: (inout ByteBuffer) -> Void) {
        HPACKWriter.write(known, into: &block, compose)
    }
}
