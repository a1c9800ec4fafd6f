package import GatewayKit
package import NIOCore

/// Takes a body off a connection, whatever its framing.
package enum BodyReader {
    case none
    case length(remaining: UInt64)
    case chunked(ChunkedReader)
    /// A response that ends when its connection does.
    case untilClose

    package enum Progress {
        case incomplete
        case part(ByteBuffer)
        case end(trailers: Fields)
        case fault(MessageFault)
    }

    mutating func next(_ buffer: inout ByteBuffer) -> Progress {
        switch self {
        case .none, .length(remaining: 0):
            self = .none
            return .end(trailers: Fields())
        case .length(let remaining):
            let count = Int(min(remaining, UInt64(buffer.readableBytes)))
            guard count > 0, let part = buffer.readSlice(length: count) else { return .incomplete }
            self = .length(remaining: remaining - UInt64(count))
            return .part(part)
        case .chunked(var reader):
            self = .none
            let progress = reader.next(&buffer)
            self = .chunked(reader)
            switch progress {
            case .incomplete: return .incomplete
            case .part(let part): return .part(part)
            case .fault(let fault): return .fault(fault)
            case .end(let trailers):
                self = .none
                return .end(trailers: trailers)
            }
        case .untilClose:
            guard buffer.readableBytes > 0, let part = buffer.readSlice(length: buffer.readableBytes) else {
                return .incomplete
            }
            return .part(part)
        }
    }

    /// What is still to come, where the framing says so.
    var declaredRemainder: UInt64? {
        switch self {
        case .none: 0
        case .length(let remaining): remaining
        case .chunked, .untilClose: nil
        }
    }
}
