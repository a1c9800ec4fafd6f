internal import GatewayKit

/// Finds L402 credentials in the value of an `Authorization` line.
struct AuthorizationReader {
    /// Where a credential stands in the value: `macaroon:preimage`.
    struct Credential {
        let macaroon: Range<Int>
        let preimage: Range<Int>

        var whole: Range<Int> { macaroon.lowerBound..<preimage.upperBound }
    }

    enum Finding {
        case credential(Credential)
        /// Begins like one of ours and goes on otherwise.
        case malformed
    }

    private static let schemes = (lsat: Array("lsat".utf8), l402: Array("l402".utf8))

    private let value: UnsafeRawBufferPointer
    private var finder: CredentialFinder

    init(_ value: UnsafeRawBufferPointer) {
        self.value = value
        finder = CredentialFinder(value)
    }

    /// True when a credential of ours stands in the value, whether it can be read or not.
    static func finds(in value: UnsafeRawBufferPointer) -> Bool {
        var finder = CredentialFinder(value)
        return finder.next(of: isOurs) != nil
    }

    private static func isOurs(_ name: UnsafeRawBufferPointer) -> Bool {
        ASCII.equalIgnoringCase(name, schemes.l402) || ASCII.equalIgnoringCase(name, schemes.lsat)
    }

    /// `nil` at the end.
    mutating func next() -> Finding? {
        guard let found = finder.next(of: Self.isOurs) else { return nil }
        let token = found.token
        let colon = CredentialFinder.position(of: UInt8(ascii: ":"), in: token, value)
        guard found.isApart, let colon, colon > token.lowerBound, token.upperBound - colon == 65 else {
            return .malformed
        }
        return .credential(Credential(macaroon: token.lowerBound..<colon, preimage: colon + 1..<token.upperBound))
    }
}
