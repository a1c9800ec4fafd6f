import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// A header of the PROXY protocol as bytes, and what is to be read from it.
struct ProxyVector: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let header: ProxyHeader

    init(_ name: String, _ bytes: [UInt8], _ header: ProxyHeader = .withoutAddresses) {
        self.name = name
        self.bytes = bytes
        self.header = header
    }

    init(_ name: String, _ text: String, _ header: ProxyHeader = .withoutAddresses) {
        self.init(name, Array(text.utf8), header)
    }

    var testDescription: String { name }

    /// What a reader makes of `bytes`, and how many of them it takes.
    static func read(_ bytes: some Sequence<UInt8>) -> (progress: ProxyHeaderReader.Progress, taken: Int) {
        var buffer = ByteBuffer(bytes: bytes)
        let before = buffer.readableBytes
        let progress = ProxyHeaderReader().read(&buffer)
        return (progress, before - buffer.readableBytes)
    }
}

extension ProxyHeader {
    /// An address that is not in its usual notation would become `0.0.0.0`, which no vector has.
    static func between(_ source: String, _ sourcePort: UInt16, _ destination: String, _ port: UInt16) -> ProxyHeader {
        let none = IPAddress(v4: 0)
        return ProxyHeader(
            source: .init(IPAddress(source) ?? none, port: sourcePort),
            destination: .init(IPAddress(destination) ?? none, port: port)
        )
    }
}

extension ProxyVector {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    static let v4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 0x04, 0x01, 0xBB]
    static let v6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1]
        + [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [2]
        + [0xDC, 0x04, 0x01, 0xBB]
    static let v4Header = ProxyHeader.between("192.0.2.1", 56_324, "198.51.100.7", 443)

    /// A block of version 2 whose length is that of `rest`.
    static func block(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
        signature + [command, family, UInt8(rest.count >> 8), UInt8(rest.count & 0xFF)] + rest
    }

    static func longLine(_ count: Int) -> String {
        "PROXY UNKNOWN " + String(repeating: "x", count: count - 16) + "\r\n"
    }

    /// A checksum among other extensions. Its value comes from a bitwise CRC written in Python for this purpose.
    static let withChecksum = block(
        0x21,
        0x11,
        v4 + [0x02, 0, 3, 0x61, 0x2E, 0x62] + [0x04, 0, 2, 0, 0xAA] + [0x03, 0, 4, 0x33, 0x80, 0xD3, 0xCF]
            + [0x04, 0, 2, 1, 2]
    )

    static let lines: [ProxyVector] = [
        .init(
            "the example of §2.1",
            "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n",
            .between("192.168.0.1", 56_324, "192.168.0.11", 443)
        ),
        .init(
            "the longest TCP4",
            "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
            .between("255.255.255.255", 65_535, "255.255.255.255", 65_535)
        ),
        .init("ports of zero", "PROXY TCP4 192.0.2.1 192.0.2.2 0 0\r\n", .between("192.0.2.1", 0, "192.0.2.2", 0)),
        .init(
            "TCP6",
            "PROXY TCP6 2001:DB8::1 2001:db8::2 56324 443\r\n",
            .between("2001:db8::1", 56_324, "2001:db8::2", 443)
        ),
        .init(
            "the longest TCP6",
            """
            PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n
            """,
            .between(
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
                65_535,
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                65_535
            )
        ),
        .init(
            "TCP6 with mapped addresses",
            "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n",
            .between("192.0.2.1", 1, "192.0.2.2", 2)
        ),
        .init("UNKNOWN", "PROXY UNKNOWN\r\n"),
        .init("UNKNOWN with addresses", "PROXY UNKNOWN 192.0.2.1 192.0.2.2 1 2\r\n"),
        .init("UNKNOWN with anything", "PROXY UNKNOWN  \u{0}\t??? \r\n"),
        .init("UNKNOWN in 107 bytes", longLine(107)),
    ]

    static let blocks: [ProxyVector] = [
        .init("LOCAL", block(0x20, 0x00, [])),
        .init("LOCAL with an unknown family", block(0x20, 0xFF, [])),
        .init("LOCAL with addresses", block(0x20, 0x11, v4)),
        .init("LOCAL with what is no extension", block(0x20, 0x00, [3, 0xFF])),
        .init("UNSPEC", block(0x21, 0x00, [])),
        .init("UNSPEC with what is no extension", block(0x21, 0x00, [3, 0xFF])),
        .init("TCP over IPv4", block(0x21, 0x11, v4), v4Header),
        .init("UDP over IPv4", block(0x21, 0x12, v4), v4Header),
        .init("an unspecified protocol over IPv4", block(0x21, 0x10, v4)),
        .init("TCP over IPv6", block(0x21, 0x21, v6), .between("2001:db8::1", 56_324, "2001:db8::2", 443)),
        .init("UDP over IPv6", block(0x21, 0x22, v6), .between("2001:db8::1", 56_324, "2001:db8::2", 443)),
        .init("a Unix socket", block(0x21, 0x31, Array(repeating: 0x2F, count: 216))),
        .init("a Unix datagram socket", block(0x21, 0x32, Array(repeating: 0x2F, count: 216))),
        .init("an extension", block(0x21, 0x11, v4 + [0x02, 0, 5, 0x31, 0x32, 0x33, 0x34, 0x35]), v4Header),
        .init("an empty extension", block(0x21, 0x11, v4 + [0x04, 0, 0]), v4Header),
        .init("a checksum", withChecksum, v4Header),
        .init("4 KiB", block(0x21, 0x11, v4 + padding(4096 - 16 - 12)), v4Header),
    ]

    /// A NOOP extension of so many bytes in all (§2.2.4).
    static func padding(_ count: Int) -> [UInt8] {
        [0x04, UInt8((count - 3) >> 8), UInt8((count - 3) & 0xFF)] + Array(repeating: 0, count: count - 3)
    }

    static let refused: [ProxyVector] = [
        .init("a request", "GET / HTTP/1.1\r\n"),
        .init("lower case", "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
        .init("two spaces after PROXY", "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
        .init("another family", "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"),
        .init("a family that begins like UNKNOWN", "PROXY UNKNOWNS\r\n"),
        .init("two spaces between addresses", "PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n"),
        .init("a tab", "PROXY TCP4 192.0.2.1\t192.0.2.2 1 2\r\n"),
        .init("a space at the end", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"),
        .init("a fifth word", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"),
        .init("a port missing", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"),
        .init("nothing but the family", "PROXY TCP4 \r\n"),
        .init("IPv6 in TCP4", "PROXY TCP4 2001:db8::1 192.0.2.2 1 2\r\n"),
        .init("IPv4 in TCP6", "PROXY TCP6 2001:db8::1 192.0.2.2 1 2\r\n"),
        .init("a leading zero in an address", "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n"),
        .init("a short address", "PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n"),
        .init("an address out of range", "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"),
        .init("five digits in a group", "PROXY TCP6 2001:0db80::1 2001:db8::2 1 2\r\n"),
        .init("two double colons", "PROXY TCP6 2001::db8::1 2001:db8::2 1 2\r\n"),
        .init("a zone", "PROXY TCP6 fe80::1%eth0 2001:db8::2 1 2\r\n"),
        .init("brackets", "PROXY TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n"),
        .init("a NUL in an address", "PROXY TCP4 192.0.2.1\u{0} 192.0.2.2 1 2\r\n"),
        .init("a name", "PROXY TCP4 localhost 192.0.2.2 1 2\r\n"),
        .init("a port with a leading zero", "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n"),
        .init("a port with a sign", "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n"),
        .init("a port out of range", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n"),
        .init("a port of many digits", "PROXY TCP4 192.0.2.1 192.0.2.2 1 99999999999999999999\r\n"),
        .init("a bare LF", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"),
        .init("a bare CR", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rGET"),
        .init("a bare LF in UNKNOWN", "PROXY UNKNOWN \n\r\n"),
        .init("a bare CR in UNKNOWN", "PROXY UNKNOWN \r \r\n"),
        .init("a line of 108 bytes", longLine(108)),
        .init("a line without an end", String(longLine(200).dropLast(2))),
        .init("version 1 in a block", block(0x11, 0x11, v4)),
        .init("version 3 in a block", block(0x31, 0x11, v4)),
        .init("an unknown command", block(0x22, 0x11, v4)),
        .init("an unknown family", block(0x21, 0x41, v4)),
        .init("an unknown protocol", block(0x21, 0x13, v4)),
        .init("a block too short for IPv4", block(0x21, 0x11, Array(v4.dropLast()))),
        .init("a block too short for IPv6", block(0x21, 0x21, Array(v6.dropLast()))),
        .init("a block too short for a Unix socket", block(0x21, 0x31, Array(repeating: 0, count: 215))),
        .init("an extension of one byte", block(0x21, 0x11, v4 + [0x04])),
        .init("an extension of two bytes", block(0x21, 0x11, v4 + [0x04, 0])),
        .init("an extension that is too long", block(0x21, 0x11, v4 + [0x02, 0, 10, 0x31, 0x32, 0x33, 0x34, 0x35])),
        .init("an extension that is too short", block(0x21, 0x11, v4 + [0x02, 0, 4, 0x31, 0x32, 0x33, 0x34, 0x35])),
        .init("a wrong checksum", block(0x21, 0x11, v4 + [0x03, 0, 4, 0, 0, 0, 0])),
        .init("a checksum of three bytes", block(0x21, 0x11, v4 + [0x03, 0, 3, 0, 0, 0])),
        .init("two checksums", block(0x21, 0x11, v4 + [0x03, 0, 4, 0, 0, 0, 0] + [0x03, 0, 4, 0, 0, 0, 0])),
        .init("more than 4 KiB", block(0x21, 0x11, v4 + padding(4096 - 16 - 12 + 1))),
        .init("64 KiB that have not come yet", signature + [0x20, 0x00, 0xFF, 0xFF]),
    ]
}
