/// Why a text is not an invoice that may be paid, or a draft cannot become one.
package enum Bolt11Error: Error, Hashable, Sendable {
    /// Upper and lower case letters in one text (BIP 173).
    case mixedCase
    /// A character that bech32 does not have.
    case character
    /// No `1` between prefix and data, or nothing on one side of it.
    case separator
    case checksum
    /// Too short for a timestamp and a signature.
    case tooShort
    /// The prefix does not begin with `ln`.
    case notAnInvoice
    /// A prefix of no network that is known.
    case network(String)
    /// The amount is no number that BOLT 11 allows.
    case amount(String)
    /// Not a whole number of millisatoshi.
    case subMillisatoshi
    case timestamp
    /// A field that ends after the data, or whose content does not fit its kind.
    case field(Character)
    /// A field without which nobody can pay.
    case missing(Character)
    /// A required feature that nobody here knows.
    case feature(Int)
    /// No key made the signature, or not the key that the invoice names.
    case signature
}

extension Bolt11Error: CustomStringConvertible {
    package var description: String {
        switch self {
        case .mixedCase: "the invoice mixes upper and lower case letters"
        case .character: "the invoice holds a character that bech32 does not have"
        case .separator: "the invoice has no '1' between its prefix and its data"
        case .checksum: "the checksum of the invoice is wrong: a character was lost or changed"
        case .tooShort: "the invoice is too short to hold a timestamp and a signature"
        case .notAnInvoice: "an invoice begins with 'ln'"
        case .network(let name): "the invoice is for the unknown network '\(name)'"
        case .amount(let text): "the invoice's amount '\(text)' is not one that BOLT 11 allows"
        case .subMillisatoshi: "the invoice's amount is not a whole number of millisatoshi"
        case .timestamp: "the invoice's timestamp does not fit into 35 bits"
        case .field(let letter): "field '\(letter)' of the invoice cannot be read or written"
        case .missing(let letter): "the invoice lacks field '\(letter)'"
        case .feature(let bit): "the invoice requires feature \(bit), which is not known here"
        case .signature: "the signature of the invoice is wrong"
        }
    }
}
