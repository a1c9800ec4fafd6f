package import Crypto
package import GatewayKit

/// A piece of work for a client, which the gateway remembers nothing of: all that it says is in its text, under an HMAC.
///
/// The text is base64url (RFC 4648 §5, no padding) of 42 bytes: version (1), bits (1), end in seconds since 1970 (8), a
/// random number (16), and the first half of an HMAC-SHA256 (16). The HMAC also covers the route and the client's block of
/// addresses, which the text does not hold: it is of use nowhere else. Half of it is as much as RFC 2104 §5 asks for.
package struct WorkChallenge: Hashable, Sendable {
    static let version: UInt8 = 1
    private static let headCount = 26
    private static let codeCount = 16

    package let text: String
    /// Leading zero bits that the hash of a solution has.
    package let bits: Int
    package let end: WallTime
    /// Of this challenge alone.
    package let number: [UInt8]
    private let head: [UInt8]
    private let code: [UInt8]

    /// A new one.
    package init(bits: Int, end: WallTime, place: WorkPlace, key: SymmetricKey) {
        var head: [UInt8] = [Self.version, UInt8(clamping: bits)]
        withUnsafeBytes(of: UInt64(clamping: end.seconds).bigEndian) { head += $0 }
        head += Bytes32.random().array.prefix(16)
        let code = Self.code(of: head, place, key)
        self.init(head: head, code: code)
    }

    /// `nil` for what is not the text of a challenge. Says nothing about who made it.
    package init?(_ text: some StringProtocol) {
        guard let bytes = Base64.url.decoded(text), bytes.count == Self.headCount + Self.codeCount,
            bytes[0] == Self.version
        else { return nil }
        self.init(head: Array(bytes.prefix(Self.headCount)), code: Array(bytes.suffix(Self.codeCount)))
    }

    private init(head: [UInt8], code: [UInt8]) {
        self.head = head
        self.code = code
        text = Base64.url.encoded(head + code)
        bits = Int(head[1])
        end = WallTime(seconds: Int64(clamping: head[2..<10].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }))
        number = Array(head[10...])
    }

    /// Each page has a cookie of its own: two that are open at once do not lose one's work.
    package var cookieName: String {
        PageCookie(scheme: WorkScheme.word, part: Base64.url.encoded(number)).name
    }

    /// True when this gateway made it, for this place. Takes the same time wherever the two differ.
    package func isOurs(at place: WorkPlace, key: SymmetricKey) -> Bool {
        var difference: UInt8 = 0
        for (left, right) in zip(code, Self.code(of: head, place, key)) {
            difference |= left ^ right
        }
        return difference == 0
    }

    private static func code(of head: [UInt8], _ place: WorkPlace, _ key: SymmetricKey) -> [UInt8] {
        var hmac = HMAC<SHA256>(key: key)
        hmac.update(data: Array("sluice pow v1\n".utf8))
        hmac.update(data: head)
        // Neither can hold a line end.
        hmac.update(data: Array("\(place.route)\n\(place.block)".utf8))
        return Array(hmac.finalize().prefix(codeCount))
    }
}

/// Where a piece of work counts, and for whom.
package struct WorkPlace: Hashable, Sendable {
    package let route: String
    package let block: String

    package init(route: String, block: String) {
        self.route = route
        self.block = block
    }
}
