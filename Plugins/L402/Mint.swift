package import GatewayKit

/// Makes and verifies the tokens of one keyring file. One for each file in a process, whatever the number of routes.
package final class Mint: Sendable {
    private static let mints = OnePerFolder { Mint(dataFolder: $0) }

    private let file: KeyringFile<Keyring>
    /// Shared by all routes: where a token is used says nothing about its signature.
    private let verified = VerifiedCredentials()
    /// Payments that are known to be taken for tokens.
    let taken = TakenPayments()
    /// Payments that are known to have arrived.
    let settled = TakenPayments()

    package init(dataFolder: String) {
        file = KeyringFile(dataFolder: dataFolder)
    }

    /// The mint of a data folder. Touches no file.
    package static func of(dataFolder: String) -> Mint {
        mints.value(of: dataFolder)
    }

    /// Read or made on first use, which blocks for a small file; `sluice run` asks before it listens.
    package func keyring() throws(StartFailure) -> Keyring {
        try file.keys()
    }

    package func macaroon(
        for payment: PaymentHash,
        caveats: [String],
        isShared: Bool = false
    ) throws(StartFailure) -> Macaroon {
        guard let macaroon = try keyring().macaroon(for: payment, caveats: caveats, isShared: isShared) else {
            throw StartFailure("the keyring \(file.path) has no key to sign with")
        }
        return macaroon
    }

    /// The credential behind `base64:preimage`, the form of `Authorization`.
    ///
    /// - Throws: `Rejection`, or `StartFailure` when there is no usable keyring.
    func credential(of field: AuthorizationReader.Credential, in value: UnsafeRawBufferPointer) throws -> Credential {
        let text = UnsafeRawBufferPointer(rebasing: value[field.whole])
        if let known = verified.credential(for: text) { return known }
        guard text.count <= MacaroonLayout.largestCount,
            let preimage = Bytes32(hexDigits: UnsafeRawBufferPointer(rebasing: value[field.preimage]))
        else {
            throw Rejection(.malformed, "an L402 credential is a macaroon in base64, ':' and 64 hexadecimal digits")
        }
        let digits = UnsafeRawBufferPointer(rebasing: value[field.macaroon])
        let credential = try withUnsafeTemporaryAllocation(
            byteCount: Base64.decodedCapacity(digits.count),
            alignment: 8
        ) { buffer in
            guard let count = Base64.standard.decode(digits, into: buffer) else {
                throw Rejection(.malformed, "the macaroon is not base64")
            }
            return try keyring().credential(of: UnsafeRawBufferPointer(rebasing: buffer[..<count]), preimage: preimage)
        }
        verified.insert(credential, for: text)
        return credential
    }

    /// The credential behind a macaroon in hexadecimal digits that carries its preimage.
    ///
    /// - Returns: `nil` for a macaroon that is not one of L402: an upstream may have macaroons of its own.
    /// - Throws: `Rejection`, or `StartFailure` when there is no usable keyring.
    func credential(ofHexDigits digits: UnsafeRawBufferPointer) throws -> Credential? {
        if let known = verified.credential(for: digits) { return known }
        guard digits.count <= MacaroonLayout.largestCount else {
            throw Rejection(.malformed, "the macaroon is too long")
        }
        return try withUnsafeTemporaryAllocation(byteCount: digits.count / 2, alignment: 8) { buffer in
            guard Self.decode(hexDigits: digits, into: buffer) else {
                throw Rejection(.malformed, "the macaroon is not hexadecimal")
            }
            let bytes = UnsafeRawBufferPointer(buffer)
            do throws(MalformedMacaroon) {
                guard Keyring.isL402(try MacaroonLayout(bytes), in: bytes) else { return nil }
            } catch {
                throw Rejection(.malformed, "the macaroon cannot be read: \(error)")
            }
            let credential = try keyring().credential(of: bytes, preimage: nil)
            verified.insert(credential, for: digits)
            return credential
        }
    }

    /// The credential behind the cookie of a page that was let in.
    ///
    /// - Throws: `Rejection`, or `StartFailure` when there is no usable keyring.
    func credential(ofPage text: String) throws -> Credential {
        var text = text
        return try text.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            if let known = verified.credential(for: bytes) { return known }
            guard let page = PageText(parsing: String(decoding: bytes, as: UTF8.self)) else {
                throw Rejection(.malformed, "the cookie of the payment page cannot be read")
            }
            let credential = try keyring().credential(of: page)
            verified.insert(credential, for: bytes)
            return credential
        }
    }

    /// False only for a macaroon that is certainly another's.
    static func mayBeL402(hexDigits digits: UnsafeRawBufferPointer) -> Bool {
        guard digits.count <= MacaroonLayout.largestCount else { return true }
        return withUnsafeTemporaryAllocation(byteCount: digits.count / 2, alignment: 8) { buffer in
            let bytes = UnsafeRawBufferPointer(buffer)
            guard decode(hexDigits: digits, into: buffer), let layout = try? MacaroonLayout(bytes) else { return true }
            return Keyring.isL402(layout, in: bytes)
        }
    }

    private static func decode(
        hexDigits digits: UnsafeRawBufferPointer,
        into bytes: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard digits.count % 2 == 0 else { return false }
        for index in 0..<digits.count / 2 {
            guard let high = ASCII.hexValue(digits[2 * index]), let low = ASCII.hexValue(digits[2 * index + 1]) else {
                return false
            }
            bytes[index] = high << 4 | low
        }
        return true
    }
}
