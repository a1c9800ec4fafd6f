internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Writes the header blocks of responses (RFC 9113 §8.3.2), and trailers.
enum HTTP2HeadWriter {
    static func write(_ head: ResponseHead, body: ResponseBody, date: String, into block: inout ByteBuffer) {
        // HTTP/2 has no 101: an extended CONNECT is granted by a 200 (RFC 8441 §5).
        HPACKWriter.writeStatus(body == .tunnel ? 200 : head.status.code, into: &block)
        let hopByHop = HopByHop(of: head.fields)
        var hasDate = false
        for index in head.fields.lines.indices {
            switch head.fields.lines[index].known {
            case .contentLength, .secWebSocketAccept: continue
            case .date: hasDate = true
            default: break
            }
            if hopByHop.covers(index, of: head.fields) { continue }
            HPACKWriter.write(at: index, of: head.fields, into: &block)
        }
        if !hasDate {
            HPACKWriter.write(FieldName(.date), date, into: &block)
        }
        switch body {
        case .none(let declared?): HPACKWriter.write(.contentLength, String(declared), into: &block)
        case .length(let length): HPACKWriter.write(.contentLength, String(length), into: &block)
        case .none(declared: nil), .unknownLength, .tunnel: break
        }
    }

    /// A 1xx.
    static func writeInformational(_ head: ResponseHead, into block: inout ByteBuffer) {
        HPACKWriter.writeStatus(head.status.code, into: &block)
        let hopByHop = HopByHop(of: head.fields)
        for index in head.fields.lines.indices where head.fields.lines[index].known != .contentLength {
            if hopByHop.covers(index, of: head.fields) { continue }
            HPACKWriter.write(at: index, of: head.fields, into: &block)
        }
    }

    /// Without the fields that may not stand there.
    static func write(trailers: Fields, into block: inout ByteBuffer) {
        for index in trailers.lines.indices where !HopByHop.isForbiddenInTrailers(index, of: trailers) {
            HPACKWriter.write(at: index, of: trailers, into: &block)
        }
    }
}
