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
        var identifier: [UInt8] = [3]
        identifier += field(1, Array(repeating: 7, count: 16))
        identifier += field(2, [0x30])
        for permission in permissions {
            var operation = field(1, Array(permission.entity.utf8))
            for action in permission.actions { operation += field(2, Array(action.utf8)) }
            identifier += field(3, operation)
        }
        var bytes: [UInt8] = [2]
        bytes += packet(1, Array("lnd".utf8))
        bytes += packet(2, identifier)
        bytes.append(0)
        for caveat in caveats {
            bytes += packet(2, Array(caveat.utf8))
            bytes.append(0)
        }
        bytes.append(0)
        return bytes + packet(6, Array(repeating: 9, count: 32))
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
