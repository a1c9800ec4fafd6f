internal import GatewayKit

/// Names a Lightning node: its public key, compressed. Whether it is a point of the curve shows when it is used.
package struct NodeID: Hashable, Sendable {
    static let byteCount = 33

    package let bytes: [UInt8]

    /// `nil` unless there are exactly 33.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }
}

extension NodeID: CustomStringConvertible {
    /// 66 hexadecimal digits.
    package var description: String { Hex.encoded(bytes) }
}
