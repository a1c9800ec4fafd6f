package import GatewayKit

/// A bearer token whose holder may add restrictions and take none away.
package struct Macaroon: Hashable, Sendable {
    /// A hint for humans. Not signed.
    package let location: [UInt8]?
    package let identifier: [UInt8]
    package private(set) var caveats: [MacaroonCaveat]
    package private(set) var signature: Bytes32

    /// Signs a new macaroon without caveats.
    package init(location: String, identifier: [UInt8], rootKey: [UInt8]) {
        self.location = Array(location.utf8)
        self.identifier = identifier
        caveats = []
        signature = identifier.withUnsafeBytes { identifier in
            rootKey.withUnsafeBytes { MacaroonSignature.signature(of: identifier, rootKey: $0) }
        }
    }

    /// Reads a serialised macaroon, version 2 or version 1.
    package init(decoding bytes: [UInt8]) throws(MalformedMacaroon) {
        let layout: Result<MacaroonLayout, MalformedMacaroon> = bytes.withUnsafeBytes { bytes in
            do throws(MalformedMacaroon) {
                return .success(try MacaroonLayout(bytes))
            } catch {
                return .failure(error)
            }
        }
        let parts = try layout.get()
        guard let signature = Bytes32(bytes[parts.signature]) else {
            throw MalformedMacaroon("its signature should have 32 bytes")
        }
        self.signature = signature
        location = parts.location.map { Array(bytes[$0]) }
        identifier = Array(bytes[parts.identifier])
        caveats = parts.caveats.map { caveat in
            MacaroonCaveat(
                identifier: Array(bytes[caveat.identifier]),
                verificationID: caveat.verificationID.map { Array(bytes[$0]) },
                location: caveat.location.map { Array(bytes[$0]) }
            )
        }
    }

    /// Reads base64, padded or not, in either alphabet.
    package init(base64 text: some StringProtocol) throws(MalformedMacaroon) {
        guard let bytes = Base64.standard.decoded(text) else { throw MalformedMacaroon("it is not base64") }
        try self.init(decoding: bytes)
    }

    /// Adds a first-party caveat: a restriction that nobody can take away again.
    package mutating func add(_ caveat: String) {
        let identifier = Array(caveat.utf8)
        signature = identifier.withUnsafeBytes { MacaroonSignature.signature(of: $0, after: signature) }
        caveats.append(MacaroonCaveat(identifier: identifier))
    }

    /// True when this key signed it. Says nothing about whether its caveats hold.
    package func isSigned(with rootKey: [UInt8]) -> Bool {
        var expected = Macaroon(location: "", identifier: identifier, rootKey: rootKey).signature
        for caveat in caveats {
            expected = caveat.identifier.withUnsafeBytes { identifier in
                guard let verificationID = caveat.verificationID else {
                    return MacaroonSignature.signature(of: identifier, after: expected)
                }
                return verificationID.withUnsafeBytes {
                    MacaroonSignature.signature(of: identifier, verificationID: $0, after: expected)
                }
            }
        }
        return expected.equalsInConstantTime(signature)
    }

    /// Version 2, binary.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = [2]
        func append(_ type: MacaroonLayout.PacketType, _ content: some Collection<UInt8>) {
            bytes.append(UInt8(type.rawValue))
            var count = content.count
            while count >= 0x80 {
                bytes.append(UInt8(count & 0x7F) | 0x80)
                count >>= 7
            }
            bytes.append(UInt8(count))
            bytes += content
        }
        if let location {
            append(.location, location)
        }
        append(.identifier, identifier)
        bytes.append(0)
        for caveat in caveats {
            if let location = caveat.location {
                append(.location, location)
            }
            append(.identifier, caveat.identifier)
            if let verificationID = caveat.verificationID {
                append(.verificationID, verificationID)
            }
            bytes.append(0)
        }
        bytes.append(0)
        append(.signature, signature.array)
        return bytes
    }

    /// Version 2 in base64, padded: the form of L402's headers.
    package var base64: String { Base64.standard.encoded(encoded) }
}
