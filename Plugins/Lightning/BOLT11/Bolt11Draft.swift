internal import Crypto
package import GatewayKit

/// What an invoice is to say, before it is signed.
package struct Bolt11Draft: Hashable, Sendable {
    package var network: Bolt11Network
    /// `nil`: the payer chooses.
    package var amount: Amount?
    /// Whole seconds.
    package var timestamp: WallTime
    /// Written in this order.
    package var fields: [Bolt11Field]

    package init(network: Bolt11Network, amount: Amount?, timestamp: WallTime, fields: [Bolt11Field]) {
        self.network = network
        self.amount = amount
        self.timestamp = timestamp
        self.fields = fields
    }

    /// The invoice, in lower case. The same draft and key make the same invoice (RFC 6979).
    ///
    /// - Throws: what BOLT 11 has no room for: an amount of zero or of more bitcoin than exists, a field too long.
    package func signed(with key: NodeKey) throws(Bolt11Error) -> String {
        if let amount {
            guard amount > .zero, amount <= .maximum else { throw .amount("\(amount)") }
        }
        let seconds = timestamp.seconds
        guard seconds >= 0, seconds < 1 << 35 else { throw .timestamp }
        let prefix = Bolt11Prefix(network: network, amount: amount).text
        var words = Words.encoded(UInt64(seconds), count: Bolt11Invoice.timestampWords)
        for field in fields {
            try field.appendWords(to: &words)
        }
        guard let signature = key.signature(of: Self.digest(prefix: prefix, words: words)) else { throw .signature }
        words += Words.encoded(signature.compact + [signature.recoveryFlag])
        return Bech32.encode(prefix: prefix, words: words)
    }

    /// What the signature covers: the prefix and all words before it (BOLT 11, "Requirements").
    static func digest(prefix: String, words: some Sequence<UInt8>) -> Bytes32 {
        var hash = SHA256()
        hash.update(data: Array(prefix.utf8))
        hash.update(data: Words.paddedBytes(words))
        return Bytes32(finishing: hash)
    }
}
