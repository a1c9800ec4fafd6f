internal import GatewayKit
internal import NIOCore

/// Version 2 of the PROXY protocol: a binary block (haproxy, doc/proxy-protocol.txt §2.2).
enum ProxyHeaderBlock {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    /// The signature, version and command, family and protocol, and the length of what follows.
    private static let fixedLength = 16
    /// The format allows 16 + 65,535 bytes; what is sent in practice are addresses and a name or two.
    private static let longest = 4096

    private enum Family {
        /// Unspecified, or over an unspecified protocol: what follows has no known form and is not looked at.
        case unspecified
        case v4, v6, unix

        /// `nil` for a value that must not be sent.
        init?(_ byte: UInt8) {
            guard byte & 0x0F <= 2 else { return nil }
            switch byte >> 4 {
            case 0...3 where byte & 0x0F == 0: self = .unspecified
            case 0: self = .unspecified
            case 1: self = .v4
            case 2: self = .v6
            case 3: self = .unix
            default: return nil
            }
        }

        /// Two addresses and, except for Unix sockets, two ports.
        var length: Int {
            switch self {
            case .unspecified: 0
            case .v4: 2 * 4 + 2 * 2
            case .v6: 2 * 16 + 2 * 2
            case .unix: 2 * 108
            }
        }
    }

    /// - Parameter bytes: begin with the signature.
    static func find(in bytes: UnsafeRawBufferPointer) -> ProxyHeaderReader.Finding {
        guard bytes.count > 12 else { return .incomplete }
        guard bytes[12] >> 4 == 2 else { return .fault("the PROXY header is of another version than 1 and 2") }
        let command = bytes[12] & 0x0F
        guard command <= 1 else { return .fault("the PROXY header has a command other than LOCAL and PROXY") }
        guard bytes.count > 13 else { return .incomplete }
        // With LOCAL even the family is to be ignored.
        guard let family = command == 0 ? .unspecified : Family(bytes[13]) else {
            return .fault("the PROXY header has an unknown address family or protocol")
        }
        guard bytes.count >= fixedLength else { return .incomplete }
        let length = fixedLength + (Int(bytes[14]) << 8 | Int(bytes[15]))
        guard length >= fixedLength + family.length else {
            return .fault("the PROXY header is shorter than its addresses")
        }
        guard length <= longest else { return .fault("the PROXY header is longer than \(longest) bytes") }
        guard bytes.count >= length else { return .incomplete }

        let block = UnsafeRawBufferPointer(rebasing: bytes[..<length])
        if family != .unspecified, let reason = faultInExtensions(of: block, from: fixedLength + family.length) {
            return .fault(reason)
        }
        return .header(header(of: block, family), length: length)
    }

    private static func header(of block: UnsafeRawBufferPointer, _ family: Family) -> ProxyHeader {
        func port(at offset: Int) -> UInt16 {
            UInt16(block[offset]) << 8 | UInt16(block[offset + 1])
        }
        func v4(at offset: Int) -> IPAddress {
            IPAddress(v4: block[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        func v6(at offset: Int) -> IPAddress {
            IPAddress(v6: UnsafeRawBufferPointer(rebasing: block[offset..<offset + 16]))
        }
        switch family {
        case .v4:
            return ProxyHeader(
                source: .init(v4(at: 16), port: port(at: 24)),
                destination: .init(v4(at: 20), port: port(at: 26))
            )
        case .v6:
            return ProxyHeader(
                source: .init(v6(at: 16), port: port(at: 48)),
                destination: .init(v6(at: 32), port: port(at: 50))
            )
        case .unspecified, .unix:
            return .withoutAddresses
        }
    }

    // MARK: Extensions

    /// `PP2_TYPE_CRC32C` of §2.2.3.
    private static let checksumType: UInt8 = 0x03

    /// Reads over the type-length-value vectors, which must end where the block does, and verifies the checksum if
    /// there is one.
    private static func faultInExtensions(of block: UnsafeRawBufferPointer, from start: Int) -> String? {
        var index = start
        var checksum: Range<Int>?
        while index < block.count {
            guard block.count - index >= 3 else { return "the PROXY header ends inside an extension" }
            let end = index + 3 + (Int(block[index + 1]) << 8 | Int(block[index + 2]))
            guard end <= block.count else { return "the PROXY header ends inside an extension" }
            if block[index] == checksumType {
                guard end - index == 3 + 4, checksum == nil else {
                    return "the PROXY header has a checksum that is not of 4 bytes, or two of them"
                }
                checksum = index + 3..<end
            }
            index = end
        }
        guard let checksum else { return nil }
        var computed = CRC32C()
        computed.add(block[..<checksum.lowerBound])
        computed.add(repeatElement(0, count: checksum.count))
        computed.add(block[checksum.upperBound...])
        let sent = block[checksum].reduce(0) { $0 << 8 | UInt32($1) }
        return sent == computed.value ? nil : "the checksum of the PROXY header is wrong"
    }
}
