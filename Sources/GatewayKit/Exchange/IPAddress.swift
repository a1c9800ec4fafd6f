#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// An IPv4 or IPv6 address. An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
public struct IPAddress: Hashable, Sendable {
    /// The upper and lower half of the address in IPv6; an IPv4 address is mapped (RFC 4291 §2.5.5.2).
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(v4 address: UInt32) {
        high = 0
        low = 0xFFFF_0000_0000 | UInt64(address)
    }

    public var isV4: Bool {
        high == 0 && low >> 32 == 0xFFFF
    }

    /// `nil` unless it is an address in its usual notation, without a port or brackets.
    public init?(_ text: String) {
        // The C function would see what stands before it.
        guard !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4: UInt32(bigEndian: v4.s_addr))
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        self = withUnsafeBytes(of: &v6) { Self(v6: $0) }
    }

    /// 16 bytes in network order.
    public init(v6 bytes: UnsafeRawBufferPointer) {
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    public var isLoopback: Bool {
        isV4 ? (low >> 24) & 0xFF == 127 : high == 0 && low == 1
    }

    /// What counts as one client: an IPv6 address by its /64, the smallest block that a network hands to one customer
    /// (RFC 6177 §2), since whoever has one has 2⁶⁴ addresses.
    package var block: IPAddress {
        isV4 ? self : Network(self, prefix: 64)?.address ?? self
    }

    /// What may be in one hand although it is many clients: a /24 of IPv4, the smallest that is routed by itself, and a /48 of
    /// IPv6, which is given to one site (RFC 6177 §2).
    package var neighbourhood: IPAddress {
        Network(self, prefix: isV4 ? 24 : 48)?.address ?? self
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        if isV4 {
            return stride(from: 24, through: 0, by: -8).map { String((low >> UInt64($0)) & 0xFF) }.joined(
                separator: "."
            )
        }
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            guard inet_ntop(AF_INET6, &address, text.baseAddress, socklen_t(INET6_ADDRSTRLEN)) != nil else {
                return "::"
            }
            return String(cString: UnsafePointer(text.baseAddress.unsafelyUnwrapped))
        }
    }
}

/// A block of addresses: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
public struct Network: Hashable, Sendable {
    public let address: IPAddress
    /// 0...32 for IPv4, 0...128 for IPv6.
    public let prefix: Int

    /// `nil` when the prefix is out of range. Bits behind the prefix are cleared.
    public init?(_ address: IPAddress, prefix: Int) {
        guard (0...(address.isV4 ? 32 : 128)).contains(prefix) else { return nil }
        self.prefix = prefix
        self.address = Self.masked(address, prefix: prefix)
    }

    /// `nil` unless it is an address, alone or with `/` and a prefix length.
    public init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress(String($0)) }), parts.count <= 2 else { return nil }
        let longest = address.isV4 ? 32 : 128
        guard let prefix = parts.count == 2 ? Int(parts[1]) : longest,
            parts.dropFirst().allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        self.init(address, prefix: prefix)
    }

    public func contains(_ other: IPAddress) -> Bool {
        other.isV4 == address.isV4 && Self.masked(other, prefix: prefix) == address
    }

    /// True when every address of `other` is in this block.
    public func contains(_ other: Network) -> Bool {
        other.prefix >= prefix && contains(other.address)
    }

    private static func masked(_ address: IPAddress, prefix: Int) -> IPAddress {
        let bits = address.isV4 ? prefix + 96 : prefix
        let high = bits >= 64 ? UInt64.max : ~(UInt64.max >> UInt64(bits))
        let low = bits >= 128 ? UInt64.max : bits <= 64 ? 0 : ~(UInt64.max >> UInt64(bits - 64))
        return IPAddress(high: address.high & high, low: address.low & low)
    }
}

extension Network: CustomStringConvertible {
    public var description: String { "\(address)/\(prefix)" }
}
