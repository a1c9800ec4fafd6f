/// What stands in a request or status line of HTTP/1 (RFC 9113 §8.3; `protocol`: RFC 8441 §4).
package enum PseudoField: UInt8, Sendable, CaseIterable {
    case authority, method, path, scheme, status, `protocol`

    package var name: String {
        switch self {
        case .authority: ":authority"
        case .method: ":method"
        case .path: ":path"
        case .scheme: ":scheme"
        case .status: ":status"
        case .protocol: ":protocol"
        }
    }

    /// `nil` for a name that is none of these. They are in lower case only.
    init?(name: UnsafeRawBufferPointer) {
        switch name.count {
        case 5: self = .path
        case 7 where name[1] == UInt8(ascii: "m"): self = .method
        case 7 where name[2] == UInt8(ascii: "c"): self = .scheme
        case 7: self = .status
        case 9: self = .protocol
        case 10: self = .authority
        default: return nil
        }
        guard name.elementsEqual(self.name.utf8) else { return nil }
    }
}
