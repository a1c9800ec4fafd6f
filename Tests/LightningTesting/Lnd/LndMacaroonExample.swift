internal import GatewayKit

/// A macaroon in the form that lnd gives it. Nobody signed it.
package enum LndMacaroonExample {
    /// - Parameters:
    ///   - permissions: entities, each with what may be done.
    ///   - caveats: in their order.
    package static func bytes(
        of permissions: [(entity: String, actions: [String])],
        caveats: [String] = []
    ) -> [UInt8] {
        let operations = permissions.flatMap { permission in
            field(
                3,
                field(1, Array(permission.entity.utf8)) + permission.actions.flatMap { field(2, Array($0.utf8)) }
            )
        }
        let identifier = [3] + field(1, Array(repeating: 7, count: 16)) + field(2, [0x30]) + operations
        var bytes: [UInt8] = [2] + packet(1, Array("lnd".utf8)) + packet(2, identifier) + [0]
        for caveat in caveats { bytes += packet(2, Array(caveat.utf8)) + [0] }
        return bytes + [0] + packet(6, Array(repeating: 9, count: 32))
    }

    package static func hex(of permissions: [(entity: String, actions: [String])], caveats: [String] = []) -> String {
        Hex.encoded(bytes(of: permissions, caveats: caveats))
    }

    /// A field of the macaroon: its type, its length, its content.
    private static func packet(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        [type] + number(content.count) + content
    }

    /// A field of protobuf that has a length.
    private static func field(_ index: UInt8, _ content: [UInt8]) -> [UInt8] {
        [index << 3 | 2] + number(content.count) + content
    }

    private static func number(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80, UInt8(value >> 7)]
    }
}
