/// Addresses and networks (CEL extension "network").
extension ExpressionEvaluator {
    mutating func network(
        _ function: ExpressionFunction,
        _ first: ExpressionValue,
        _ second: ExpressionValue?,
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue {
        switch (function, first) {
        case (.ip, .text(let text)):
            return .address(try address(text, at: node))
        case (.cidr, .text(let text)):
            return .network(try network(text, at: node))
        case (.isIP, .text(let text)):
            return .bool(Self.address(text) != nil)
        case (.isCIDR, .text(let text)):
            return .bool(Self.network(text) != nil)
        case (.prefixLength, .network(let network)):
            return .int(Int64(network.prefix))
        case (.containsIP, .network(let network)):
            switch second {
            case .address(let address): return .bool(network.contains(address))
            case .text(let text): return .bool(network.contains(try address(text, at: node)))
            default: throw failure(.type, at: node)
            }
        case (.containsCIDR, .network(let network)):
            switch second {
            case .network(let other): return .bool(network.contains(other))
            case .text(let text): return .bool(network.contains(try self.network(text, at: node)))
            default: throw failure(.type, at: node)
            }
        default:
            throw failure(.type, at: node)
        }
    }

    private func address(_ text: ExpressionText, at node: Int32) throws(ExpressionFailure) -> IPAddress {
        guard let address = Self.address(text) else { throw failure(.conversion, at: node) }
        return address
    }

    private func network(_ text: ExpressionText, at node: Int32) throws(ExpressionFailure) -> Network {
        guard let network = Self.network(text) else { throw failure(.conversion, at: node) }
        return network
    }

    private static func address(_ text: ExpressionText) -> IPAddress? {
        guard text.byteCount <= 45 else { return nil }
        let string = text.string
        // An IPv4 address in the notation of IPv6 is not one that CEL takes.
        return string.contains(":") && string.contains(".") ? nil : IPAddress(string)
    }

    private static func network(_ text: ExpressionText) -> Network? {
        guard text.byteCount <= 49 else { return nil }
        let string = text.string
        guard string.contains("/"), !(string.contains(":") && string.contains(".")) else { return nil }
        return Network(parsing: string)
    }

    func describe(
        _ address: IPAddress,
        _ function: ExpressionFunction,
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue {
        let v4 = UInt32(truncatingIfNeeded: address.low)
        switch function {
        case .family: return .int(address.isV4 ? 4 : 6)
        case .isUnspecified: return .bool(Self.isUnspecified(address))
        case .isLoopback: return .bool(address.isLoopback)
        case .isLinkLocalUnicast:
            return .bool(address.isV4 ? v4 >> 16 == 0xA9FE : address.high >> 54 == 0xFE80 >> 6)
        case .isLinkLocalMulticast:
            return .bool(address.isV4 ? v4 >> 8 == 0xE0_0000 : address.high >> 48 & 0xFF0F == 0xFF02)
        case .isGlobalUnicast:
            let isMulticast = address.isV4 ? v4 >> 28 == 0xE : address.high >> 56 == 0xFF
            let isLinkLocal = address.isV4 ? v4 >> 16 == 0xA9FE : address.high >> 54 == 0xFE80 >> 6
            let isBroadcast = address.isV4 && v4 == .max
            return .bool(
                !(isMulticast || isLinkLocal || isBroadcast || address.isLoopback || Self.isUnspecified(address))
            )
        default: throw failure(.type, at: node)
        }
    }

    private static func isUnspecified(_ address: IPAddress) -> Bool {
        address.isV4 ? UInt32(truncatingIfNeeded: address.low) == 0 : address.high == 0 && address.low == 0
    }
}
