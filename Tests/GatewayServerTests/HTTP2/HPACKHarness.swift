import GatewayKit
import GatewayServer
import NIOCore

extension [UInt8] {
    /// Pairs of hexadecimal digits, white space between them ignored.
    init(hexDigits text: String) {
        let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
        self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// A string as HPACK has it (RFC 7541 §5.2).
    init(hpackString text: String, isHuffman: Bool = false) {
        var string = ByteBuffer()
        Array(text.utf8).withUnsafeBytes { bytes in
            if isHuffman {
                Huffman.encode(bytes, into: &string)
            } else {
                string.writeBytes(bytes)
            }
        }
        let pattern: UInt8 = isHuffman ? 0x80 : 0
        self = [UInt8](hpackInteger: string.readableBytes, prefixBits: 7, pattern: pattern) + string.readableBytesView
    }

    /// An integer as HPACK has it (RFC 7541 §5.1).
    init(hpackInteger value: Int, prefixBits: Int, pattern: UInt8 = 0) {
        var buffer = ByteBuffer()
        HPACKWriter.writeInteger(value, prefixBits: prefixBits, pattern: pattern, into: &buffer)
        self = Array(buffer.readableBytesView)
    }

    /// A literal with a literal name (RFC 7541 §6.2), whatever its bytes.
    static func literal(
        _ name: String,
        _ value: String,
        isRemembered: Bool = false,
        isHuffman: Bool = false
    ) -> [UInt8] {
        [isRemembered ? 0x40 : 0] + [UInt8](hpackString: name, isHuffman: isHuffman)
            + [UInt8](hpackString: value, isHuffman: isHuffman)
    }

    /// An indexed field (RFC 7541 §6.1).
    static func indexed(_ index: Int) -> [UInt8] {
        [UInt8](hpackInteger: index, prefixBits: 7, pattern: 0x80)
    }

    static func tableSize(_ size: Int) -> [UInt8] {
        [UInt8](hpackInteger: size, prefixBits: 5, pattern: 0x20)
    }
}

extension HPACKDecoder {
    mutating func decode(_ block: [UInt8], into headers: inout HeaderBlock) -> HPACKFault? {
        block.withUnsafeBytes { decode($0, into: &headers) }
    }

    /// Decodes a block of its own; the limits are the usual ones.
    mutating func decode(_ block: [UInt8]) -> (headers: HeaderBlock, fault: HPACKFault?) {
        var headers = HeaderBlock(limits: MessageLimits())
        let fault = decode(block, into: &headers)
        return (headers, fault)
    }
}

extension HPACKDynamicTable {
    /// `name: value`, newest first.
    var texts: [String] {
        (0..<count).map { place in
            guard let entry = entry(at: place + 1) else { return "none" }
            return withBytes(of: entry) { bytes in
                String(decoding: bytes.prefix(entry.nameCount), as: UTF8.self) + ": "
                    + String(decoding: bytes.dropFirst(entry.nameCount), as: UTF8.self)
            }
        }
    }

    /// The size by RFC 7541 §4.1, counted anew.
    var countedSize: Int {
        (0..<count).compactMap { entry(at: $0 + 1) }.reduce(0) { $0 + $1.nameCount + $1.valueCount + 32 }
    }
}

extension HeaderBlock {
    /// `name: value`: the pseudo-fields in an order of their own, and then the fields.
    var texts: [String] {
        let pseudo: [(PseudoField, Range<Int>?)] = [
            (.status, status), (.method, method), (.scheme, scheme), (.path, path), (.authority, authority),
            (.protocol, self.protocol),
        ]
        var copy = self
        return pseudo.compactMap { field, range in range.map { "\(field.name): \(String(buffer: slice($0)))" } }
            + copy.takeFields().texts
    }
}
