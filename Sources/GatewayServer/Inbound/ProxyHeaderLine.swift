internal import GatewayKit
internal import NIOCore

/// Version 1 of the PROXY protocol: one line of text (haproxy, doc/proxy-protocol.txt §2.1).
enum ProxyHeaderLine {
    enum Family {
        case v4, v6, unknown
    }

    /// With its line end.
    private static let longest = 107
    private static let carriageReturn: UInt8 = 0x0D
    private static let lineFeed: UInt8 = 0x0A
    private static let space: UInt8 = 0x20

    /// - Parameters:
    ///   - bytes: begin with `PROXY` and the name of the family.
    ///   - start: where these end.
    static func find(
        in bytes: UnsafeRawBufferPointer,
        family: Family,
        start: Int
    ) -> ProxyHeaderReader.Finding {
        if family == .unknown, start < bytes.count, bytes[start] != space, bytes[start] != carriageReturn {
            return .fault("the PROXY line names neither TCP4, TCP6 nor UNKNOWN")
        }
        let line = bytes.prefix(longest)
        guard let end = line.firstIndex(where: { $0 == carriageReturn || $0 == lineFeed }) else {
            return line.count < longest ? .incomplete : .fault("the PROXY line is longer than \(longest) bytes")
        }
        guard bytes[end] == carriageReturn else { return .fault("the PROXY line ends in a bare LF") }
        guard end + 1 < longest else { return .fault("the PROXY line is longer than \(longest) bytes") }
        guard end + 1 < bytes.count else { return .incomplete }
        guard bytes[end + 1] == lineFeed else { return .fault("the PROXY line has a bare CR") }
        // What follows UNKNOWN is to be ignored.
        guard family != .unknown else { return .header(.withoutAddresses, length: end + 2) }

        let words = bytes[start..<end].split(separator: space, omittingEmptySubsequences: false)
        guard words.count == 4 else {
            return .fault("the PROXY line does not have two addresses and two ports with one space between")
        }
        guard let source = address(words[0], family), let destination = address(words[1], family) else {
            return .fault("the PROXY line has an address that is not one of its family")
        }
        guard let sourcePort = port(words[2]), let destinationPort = port(words[3]) else {
            return .fault("the PROXY line has a port that is not a number from 0 to 65535 without leading zeros")
        }
        let header = ProxyHeader(
            source: .init(source, port: sourcePort),
            destination: .init(destination, port: destinationPort)
        )
        return .header(header, length: end + 2)
    }

    /// An IPv4 address may stand mapped in a TCP6 line (`::ffff:192.0.2.1`): sockets for both families write them so.
    private static func address(_ word: Slice<UnsafeRawBufferPointer>, _ family: Family) -> IPAddress? {
        guard word.contains(UInt8(ascii: ":")) == (family == .v6) else { return nil }
        return IPAddress(String(decoding: word, as: UTF8.self))
    }

    private static func port(_ word: Slice<UnsafeRawBufferPointer>) -> UInt16? {
        guard word.allSatisfy({ (0x30...0x39).contains($0) }), word.first != 0x30 || word.count == 1 else { return nil }
        return UInt16(String(decoding: word, as: UTF8.self))
    }
}
