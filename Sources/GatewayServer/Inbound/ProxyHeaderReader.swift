internal import GatewayKit
package import NIOCore

/// Reads the header of the PROXY protocol at the beginning of a connection: version 1, a line, or version 2, a block
/// (haproxy, doc/proxy-protocol.txt §2).
///
/// For connections that must begin with one, and for no others: whether a header is there may not be guessed from the
/// bytes, or anyone could write their own (§2, "MUST not try to guess"). Keeps nothing between two calls: what it would
/// look at twice is short.
package struct ProxyHeaderReader: Sendable {
    package enum Progress: Hashable, Sendable {
        case incomplete
        /// The header is off the buffer; the client's own bytes follow.
        case complete(ProxyHeader)
        /// The connection is of no use. Says why, for the log.
        case fault(String)
    }

    /// What the bytes at the front of a buffer are.
    enum Finding {
        case incomplete
        case header(ProxyHeader, length: Int)
        case fault(String)
    }

    private enum Form {
        case line(ProxyHeaderLine.Family)
        case block
    }

    /// Bytes that fit none of them so far are refused at once, and one that is there to its end tells the form.
    private static let beginnings: [(bytes: [UInt8], form: Form)] = [
        (Array("PROXY TCP4 ".utf8), .line(.v4)),
        (Array("PROXY TCP6 ".utf8), .line(.v6)),
        (Array("PROXY UNKNOWN".utf8), .line(.unknown)),
        (ProxyHeaderBlock.signature, .block),
    ]

    package init() {}

    /// Takes the header from the front of `buffer` once all of it is there; otherwise leaves the buffer as it is.
    package func read(_ buffer: inout ByteBuffer) -> Progress {
        switch buffer.withUnsafeReadableBytes(Self.find) {
        case .incomplete:
            return .incomplete
        case .header(let header, let length):
            buffer.moveReaderIndex(forwardBy: length)
            return .complete(header)
        case .fault(let reason):
            return .fault(reason)
        }
    }

    private static func find(in bytes: UnsafeRawBufferPointer) -> Finding {
        let fitting = beginnings.first { zip(bytes, $0.bytes).allSatisfy(==) }
        guard let (beginning, form) = fitting else {
            return .fault("the connection does not begin with a header of the PROXY protocol")
        }
        guard bytes.count >= beginning.count else { return .incomplete }
        switch form {
        case .line(let family): return ProxyHeaderLine.find(in: bytes, family: family, start: beginning.count)
        case .block: return ProxyHeaderBlock.find(in: bytes)
        }
    }
}
