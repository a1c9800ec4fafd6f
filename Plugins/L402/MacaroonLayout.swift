/// Where the parts of a serialised macaroon stand: ranges of its bytes, all within them.
///
/// The one parser of both binary formats. Checking a credential reads the parts in place; `Macaroon` copies them.
package struct MacaroonLayout {
    struct Caveat {
        var identifier: Range<Int>
        /// `nil` for a first-party caveat.
        var verificationID: Range<Int>?
        var location: Range<Int>?
    }

    /// Bytes of a macaroon that is read or made: what fits into the header of a request.
    package static let largestCount = 65_536
    /// Each costs two hashes to check.
    package static let mostCaveats = 64

    var location: Range<Int>?
    var identifier: Range<Int> = 0..<0
    var caveats: [Caveat] = []
    /// 32 bytes.
    var signature: Range<Int> = 0..<0

    /// Reads version 2, or version 1 as older clients hold it, and nothing behind it.
    init(_ bytes: UnsafeRawBufferPointer) throws(MalformedMacaroon) {
        guard bytes.count <= Self.largestCount else { throw MalformedMacaroon("it is longer than 64 KiB") }
        guard let first = bytes.first else { throw MalformedMacaroon("it is empty") }
        switch first {
        case 2: try readVersion2(bytes)
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: try readVersion1(bytes)
        default: throw MalformedMacaroon("its version is unknown")
        }
        guard signature.count == 32 else { throw MalformedMacaroon("its signature should have 32 bytes") }
    }

    mutating func append(_ caveat: Caveat) throws(MalformedMacaroon) {
        guard caveats.count < Self.mostCaveats else {
            throw MalformedMacaroon("it has more than \(Self.mostCaveats) caveats")
        }
        guard caveat.location == nil || caveat.verificationID != nil else {
            throw MalformedMacaroon("a first-party caveat has a location")
        }
        caveats.append(caveat)
    }
}
