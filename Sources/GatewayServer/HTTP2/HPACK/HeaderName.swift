package import GatewayKit

/// What the name of a header line stands for. Found once: the tables of HPACK keep it with their entries.
package enum HeaderName: Hashable, Sendable {
    case pseudo(PseudoField)
    case regular(KnownField)
    /// No line of this name may be there (RFC 9113 §8.2.1, §8.2.2, §8.3).
    case malformed(HeaderFault)

    package init(_ name: UnsafeRawBufferPointer) {
        guard let first = name.first else {
            self = .malformed(.emptyName)
            return
        }
        if first == UInt8(ascii: ":") {
            self = PseudoField(name: name).map(HeaderName.pseudo) ?? .malformed(.unknownPseudoField)
            return
        }
        for byte in name {
            guard ASCII.isTokenByte(byte) else {
                self = .malformed(.malformedName)
                return
            }
            guard ASCII.lowercased(byte) == byte else {
                self = .malformed(.upperCaseName)
                return
            }
        }
        let known = KnownField(name: name)
        switch known {
        case .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade:
            self = .malformed(.connectionSpecific)
        default:
            self = .regular(known)
        }
    }

    /// What is wrong with a line of this name that has this value, wherever it stands.
    package func fault(ofValue value: UnsafeRawBufferPointer) -> HeaderFault? {
        if case .malformed(let fault) = self { return fault }
        guard let first = value.first, let last = value.last else {
            return self == .regular(.te) ? .transferCoding : nil
        }
        // Without a branch in the loop, which takes many bytes at once then.
        var controls: UInt8 = 0
        for byte in value {
            controls |= byte < 0x20 && byte != 0x09 || byte == 0x7F ? 1 : 0
        }
        guard controls == 0 else { return .controlCharacter }
        // Control characters are out, so what is not above a space is a space or a tab.
        guard first > 0x20, last > 0x20 else { return .surroundingSpace }
        guard self == .regular(.te) else { return nil }
        return ASCII.equalIgnoringCase(value, Self.trailers) ? nil : .transferCoding
    }

    private static let trailers = Array("trailers".utf8)
}
