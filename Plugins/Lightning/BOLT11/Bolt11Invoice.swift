package import GatewayKit

/// A BOLT 11 invoice that may be paid: checksum and signature are right, and nothing that it requires is unknown.
package struct Bolt11Invoice: Hashable, Sendable {
    static let timestampWords = 7
    private static let signatureWords = 104

    /// In lower case.
    package let text: String
    package let network: Bolt11Network
    /// `nil`: the payer chooses.
    package let amount: Amount?
    package let timestamp: WallTime
    /// In their order, those that are skipped included. Of several of one kind the first counts.
    package let fields: [Bolt11Field]
    package let signature: Bolt11Signature
    /// The node that signed it, and to which the payment goes.
    package let payee: NodeID
    package let paymentHash: PaymentHash
    /// Proves to the payee that the payer has the invoice (BOLT 11, field `s`).
    package let paymentSecret: Bytes32

    package init(decoding text: String) throws(Bolt11Error) {
        let (prefixText, words) = try Bech32.decode(text)
        let prefix = try Bolt11Prefix(parsing: prefixText)
        let fieldsEnd = words.count - Self.signatureWords
        guard fieldsEnd >= Self.timestampWords else { throw .tooShort }
        guard let seconds = Words.number(words[..<Self.timestampWords]) else { throw .timestamp }

        self.text = text.lowercased()
        network = prefix.network
        amount = prefix.amount
        timestamp = WallTime(seconds: Int64(seconds))
        fields = try Self.fields(words[Self.timestampWords..<fieldsEnd])

        guard let hash = fields.lazy.compactMap(\.asPaymentHash).first else { throw .missing("p") }
        guard let secret = fields.lazy.compactMap(\.asPaymentSecret).first else { throw .missing("s") }
        paymentHash = hash
        paymentSecret = secret
        for case .features(let features) in fields {
            if let bit = features.unknownRequired { throw .feature(bit) }
        }

        let signatureBytes = Words.bytes(words[fieldsEnd...])
        guard let flag = signatureBytes.last,
            let signature = Bolt11Signature(compact: signatureBytes.dropLast(), recoveryFlag: flag)
        else { throw .signature }
        self.signature = signature
        let digest = Bolt11Draft.digest(prefix: prefixText, words: words[..<fieldsEnd])
        if let named = fields.lazy.compactMap(\.asPayee).first {
            // A named payee is verified, which demands low-S; only recovery takes both (BOLT 11, "Requirements").
            guard Secp256k1.shared.verifies(signature, of: digest, by: named) else { throw .signature }
            payee = named
        } else {
            guard let signer = Secp256k1.shared.signer(of: digest, signature) else { throw .signature }
            payee = signer
        }
    }

    private static func fields(_ words: ArraySlice<UInt8>) throws(Bolt11Error) -> [Bolt11Field] {
        var fields = [Bolt11Field]()
        var rest = words
        while let tag = rest.popFirst() {
            let letter = Bech32.alphabet[Int(tag & 31)]
            let tooShort = Bolt11Error.field(Character(Unicode.Scalar(letter)))
            guard let high = rest.popFirst(), let low = rest.popFirst() else { throw tooShort }
            let count = Int(high) << 5 | Int(low)
            guard count <= rest.count else { throw tooShort }
            fields.append(try Bolt11Field(letter: letter, words: Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        return fields
    }

    /// What it says, to be signed again.
    package var draft: Bolt11Draft {
        Bolt11Draft(network: network, amount: amount, timestamp: timestamp, fields: fields)
    }

    // MARK: Fields

    /// What is paid for; `nil` when only its hash is given.
    package var memo: String? {
        for case .memo(let text) in fields { return text }
        return nil
    }

    /// SHA-256 of a description that does not fit.
    package var memoHash: Bytes32? {
        for case .memoHash(let hash) in fields { return hash }
        return nil
    }

    /// Counted from the timestamp; an hour where the invoice does not say (BOLT 11, field `x`).
    package var expiry: Duration {
        for case .expiry(let duration) in fields { return duration }
        return .seconds(3_600)
    }

    package var expiresAt: WallTime { timestamp.advanced(by: expiry) }

    /// Blocks; 18 where the invoice does not say (BOLT 11, field `c`).
    package var finalExpiryDelta: UInt64 {
        for case .finalExpiryDelta(let blocks) in fields { return blocks }
        return 18
    }

    package var fallbacks: [Bolt11Fallback] {
        fields.compactMap { if case .fallback(let fallback) = $0 { fallback } else { nil } }
    }

    package var routes: [[Bolt11Hop]] {
        fields.compactMap { if case .route(let hops) = $0 { hops } else { nil } }
    }

    package var features: Bolt11Features {
        for case .features(let features) in fields { return features }
        return Bolt11Features(bits: [])
    }

    package var metadata: [UInt8]? {
        for case .metadata(let bytes) in fields { return bytes }
        return nil
    }
}

extension Bolt11Field {
    fileprivate var asPaymentHash: PaymentHash? {
        if case .paymentHash(let hash) = self { hash } else { nil }
    }

    fileprivate var asPaymentSecret: Bytes32? {
        if case .paymentSecret(let secret) = self { secret } else { nil }
    }

    fileprivate var asPayee: NodeID? {
        if case .payee(let node) = self { node } else { nil }
    }
}
